import { dirname, join } from "node:path";
import { progressBar } from "../../../cli/console/progress.ts";
import { evaluatePad } from "../../evaluate/evaluate.ts";
import { readFilmList } from "../../evaluate/films/film-list.ts";
import { filmRates } from "../../evaluate/films/film-rates.ts";
import { attemptTable, filmTables, turnTable } from "../../evaluate/films/film-tables.ts";
import { playFilms, TIMEOUT_MS } from "../../evaluate/films/films.ts";
import type { PoolOptions } from "../../evaluate/pictures/pool.ts";
import type { PadReport } from "../../evaluate/report.ts";
import { LabelError, readLabels } from "../../evaluate/sets.ts";
import { problemsTable } from "../../evaluate/tables.ts";
import type { EvaluateFlags } from "./flags.ts";

/** Measures liveness on the labelled presentations of the options; undefined where there are none. */
export async function padOf({ pad, root }: EvaluateFlags, options: PoolOptions): Promise<PadReport | undefined> {
  if (!pad) return undefined;
  const below = root ?? dirname(pad);
  const pictures = [...(await readLabels(pad, "label"))].map(([path, label]) => ({ file: join(below, path), label }));
  return evaluatePad(pictures, { ...options, progress: progressBar("presentations") });
}

/** Plays the films of the options; undefined where there are none. */
export async function filmsOf(
  { films, root, assurance, everySide = false, answer = false }: EvaluateFlags,
  { pack, signal }: PoolOptions & { signal: AbortSignal },
) {
  if (everySide && assurance !== "high")
    throw new LabelError("--every-side requires --assurance high, because only high assurance asks for two turns");
  if (everySide && answer)
    throw new LabelError("--every-side is for attacks and --answer for genuine films: use only one of them");
  if (!films) return undefined;
  const progress = () => progressBar("films");
  const options = { pack, assurance, everySide, answer, signal, progress };
  const played = await playFilms(await readFilmList(films, root), options);
  const { attempts, withoutReference, unplayable, partial } = played;
  const missing = withoutReference.length > 0 ? `; no reference could be made of ${withoutReference.join(", ")}` : "";
  const whole = partial ? `; interrupted after ${partial.looked} of ${partial.of} films` : "";
  const title = `${TIMEOUT_MS[assurance] / 1000} seconds an attempt, assurance ${assurance}${missing}${whole}`;
  const tables = answer
    ? [turnTable(played.turns), ...filmTables(attempts, `${title}, cut to answer`)]
    : filmTables(attempts, title);
  return {
    report: { ...played, rates: filmRates(attempts) },
    tables: [attemptTable(attempts), ...problemsTable(unplayable, "could not be played", "film"), ...tables],
  };
}
