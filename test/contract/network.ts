import type { LoadNetwork, Port } from "../../models/runtime/network.ts";
import type { Suite } from "./suite.ts";

/** A network under test: its bytes, its ports, and an input that it can take. */
export interface NetworkUnderTest {
  readonly bytes: Uint8Array;
  readonly input: Port;
  readonly outputs: readonly Port[];
  readonly values: Float32Array;
}

/** What each runtime is held to; the promises stand in models/runtime/network.ts. */
export async function holdNetwork(t: Suite, load: LoadNetwork, one: NetworkUnderTest): Promise<void> {
  const { bytes, input, outputs, values } = one;

  t.test("outputs come in the order asked for, whole", async (t) => {
    const turned = [...outputs].reverse();
    const [network, other] = [await load(bytes, input, outputs), await load(bytes, input, turned)];
    const [said, reversed] = [await network.run(values), await other.run(values)];
    const sizes = outputs.map(({ shape }) => shape.reduce((product, size) => product * size, 1));
    t.same(
      said.map(({ length }) => length),
      sizes,
      "sizes",
    );
    t.same([...reversed].reverse(), said, "the other way round");
    await network.close();
    await other.close();
  });

  t.test("the same input gives the same output, to the last bit, and is left alone", async (t) => {
    const network = await load(bytes, input, outputs);
    const given = Float32Array.from(values);
    const first = await network.run(given);
    t.same(await network.run(given), first, "again");
    t.same(given, values, "the input is as it was");
    await network.close();
  });

  t.test("outputs belong to the caller: the next run and the caller do not meet", async (t) => {
    const network = await load(bytes, input, outputs);
    const [kept, spoilt] = [await network.run(values), await network.run(values)];
    const copies = kept.map((output) => Float32Array.from(output));
    for (const output of spoilt) output.fill(7);
    await network.run(new Float32Array(values.length));
    t.same(kept, copies, "what was given stays");
    t.same(await network.run(values), copies, "what was overwritten is not used");
    await network.close();
  });

  t.test("runs that overlap do not mix", async (t) => {
    const network = await load(bytes, input, outputs);
    const dark = new Float32Array(values.length);
    const alone = [await network.run(values), await network.run(dark)];
    t.same(await Promise.all([network.run(values), network.run(dark)]), alone);
    await network.close();
  });

  t.test("closing one network leaves another alone", async (t) => {
    const [first, second] = [await load(bytes, input, outputs), await load(bytes, input, outputs)];
    const said = await second.run(values);
    await first.close();
    t.same(await second.run(values), said);
    await second.close();
  });

  t.test("what is no network, or has other ports, is refused", async (t) => {
    const refused = { name: "ModelError", code: "network_mismatch" };
    await t.rejects(load(new Uint8Array(100), input, outputs), refused, "no network");
    await t.rejects(load(bytes.subarray(0, 2000), input, outputs), refused, "half a network");
    await t.rejects(load(bytes, { ...input, shape: [1, 3, 8, 8] }, outputs), refused, "another input shape");
    await t.rejects(load(bytes, { ...input, name: "nothing" }, outputs), refused, "another input name");
    await t.rejects(load(bytes, { ...input, type: "uint8" }, outputs), refused, "another input type");
    await t.rejects(load(bytes, input, [{ name: "nothing", shape: [1] }]), refused, "another output");
  });
}
