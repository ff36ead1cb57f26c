import t from "tap";
import { brokerUrl, deviceName, numberFrom, topicTemplate, wholeFrom } from "../../../cli/console/arguments.ts";

t.test("an option's number is a number within its bounds", async (t) => {
  t.equal(wholeFrom(1, 65_535)("18883"), 18_883);
  t.equal(numberFrom(1e-9, 0.01)("0.001"), 0.001);
  for (const text of ["a year", "", " ", "0", "65536", "1.5", "NaN", "Infinity"]) {
    t.throws(() => wholeFrom(1, 65_535)(text), { message: "It must be a whole number from 1 to 65535." }, text);
  }
  t.throws(() => numberFrom(1, 2)("3"), { message: "It must be a number from 1 to 2." });
});

t.test("a broker's address is one of MQTT, and a misspelt scheme is none", async (t) => {
  t.equal(brokerUrl("mqtt://localhost:1883").port, "1883");
  for (const text of [
    "localhost",
    "localhost:1883",
    "tls://broker:8883",
    "mqtss://broker",
    "https://broker",
    "mqtts:",
  ]) {
    t.throws(() => brokerUrl(text), { message: "It must be an address that starts with mqtt:// or mqtts://." }, text);
  }
});

t.test("a template of topics names the device and the channel", async (t) => {
  t.equal(topicTemplate("shop/{device}/{channel}"), "shop/{device}/{channel}");
  t.throws(() => topicTemplate("foo"), { message: /^It must be levels joined by '\/', with \{device\}/ });
});

t.test("a camera's name fits a topic", async (t) => {
  t.equal(deviceName("counter-7"), "counter-7");
  for (const text of ["a b", "a/b", "c.d", ""]) t.throws(() => deviceName(text), { message: /^It must be 1 to 64/ });
});
