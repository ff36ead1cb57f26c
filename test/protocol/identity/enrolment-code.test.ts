import t from "tap";
import { enrolmentCode } from "../../../protocol/identity/enrolment-code.ts";

t.test("a code is a thumbprint's, in letters and in digits; every implementation must give these", async (t) => {
  const code = await enrolmentCode("kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
  t.same(code, KNOWN);
  t.not((await enrolmentCode("kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4l")).letters, code.letters);
});

/** As Python computes them: hashlib.scrypt(thumbprint, salt=…, n=16384, r=8, p=1, dklen=8). */
const KNOWN = { letters: "M3791-JVJMX", digits: "707-236-211-837-597" };
