import t from "tap";
import type { Networks } from "../../../models/pipeline/networks.ts";
import { selfTest } from "../../../models/pipeline/self-test.ts";
import { shippedNetworks } from "../../support/pack.ts";

const networks = await shippedNetworks();
t.teardown(() => networks[Symbol.asyncDispose]());

t.test("the shipped pack passes on this machine", async () => {
  await selfTest(networks);
});

t.test("each network that computes nonsense is named", async (t) => {
  for (const name of ["detector", "landmarks", "liveness", "embedder"] as const) {
    for (const spoil of [() => Number.NaN, () => Number.POSITIVE_INFINITY]) {
      const { network } = networks[name];
      const broken = {
        ...network,
        run: async (input: Parameters<typeof network.run>[0]) => {
          const outputs = await network.run(input);
          outputs.at(-1)?.fill(spoil(), 1, 2);
          return outputs;
        },
      };
      const pack: Networks = { ...networks, [name]: { ...networks[name], network: broken } };
      await t.rejects(selfTest(pack), {
        code: "self_test_failed",
        message: new RegExp(`the ${name} gives a value that is not finite`),
      });
    }
  }
});

t.test("an embedder that sees the same in everything, or gives nothing, is found out", async (t) => {
  const answers = (outputs: readonly Float32Array[]): Networks => ({
    ...networks,
    embedder: { ...networks.embedder, network: { ...networks.embedder.network, run: async () => outputs } },
  });
  await t.rejects(selfTest(answers([new Float32Array(512).fill(1)])), {
    message: /gives the same template for two pictures/,
  });
  await t.rejects(selfTest(answers([])), { message: /gives nothing/ });
});
