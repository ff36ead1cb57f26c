import t from "tap";
import { brokerUrl, numberFrom, wholeFrom } from "../../../cli/console/arguments.ts";

t.test("an option's number is a number within its bounds", async (t) => {
  t.equal(wholeFrom(1, 65_535)("18883"), 18_883);
  t.equal(numberFrom(1e-9, 0.01)("0.001"), 0.001);
  for (const text of ["a year", "", " ", "0", "65536", "1.5", "NaN", "Infinity"]) {
    t.throws(() => wholeFrom(1, 65_535)(text), { message: "It must be a whole number from 1 to 65535." }, text);
  }
  t.throws(() => numberFrom(1, 2)("3"), { message: "It must be a number from 1 to 2." });
});

t.test("a broker's address is an address", async (t) => {
  t.equal(brokerUrl("mqtt://localhost:1883").port, "1883");
  t.throws(() => brokerUrl("localhost"), { message: /such as mqtt:\/\/localhost:1883/ });
});
