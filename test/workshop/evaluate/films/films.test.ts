import { join } from "node:path";
import t, { type Test } from "tap";
import type { LabelledFilm } from "../../../../workshop/evaluate/films/film-list.ts";
import { type FilmOptions, playFilms } from "../../../../workshop/evaluate/films/films.ts";
import { media } from "../../../support/media.ts";
import { SHIPPED_PACK } from "../../../support/pack.ts";

const film = (name: string, kind: string): LabelledFilm => ({ name, kind, person: "franck", file: media.path(name) });
const options: FilmOptions = {
  pack: SHIPPED_PACK,
  assurance: "standard",
  everySide: false,
  answer: false,
  signal: new AbortController().signal,
  progress: () => () => undefined,
};

/** A film that cannot be played. */
function broken(t: Test): LabelledFilm {
  const file = join(t.testdir({ "broken.mp4": "no film" }), "broken.mp4");
  return { name: "broken.mp4", kind: "live", person: "somebody", file };
}

t.test("a man before the camera matches himself, and his photograph does not; another film is broken", async (t) => {
  const films = [broken(t), film("franck.mp4", "live"), film("franck_04000.jpg", "print")];
  const { attempts, unplayable } = await playFilms(films, options);
  t.match(unplayable, [{ path: "broken.mp4", problem: /cannot play .*broken\.mp4/ }]);
  const matches = (kind: string) =>
    attempts.filter((one) => one.film.kind === kind).map(({ verdict }) => verdict.decision === "match");
  t.ok(matches("live").includes(true));
  t.same(matches("print"), [false]);
});

t.test("where no film can be played there is no report", async (t) => {
  await t.rejects(playFilms([broken(t)], options), { name: "DriverError" });
});

t.test("an interruption leaves a mark", async (t) => {
  const stopped = { ...options, signal: AbortSignal.abort() };
  t.same((await playFilms([film("franck.mp4", "live")], stopped)).partial, { looked: 0, of: 1 });
});

t.test("a film without a turn to each side is not played when films are cut", async (t) => {
  const films = [film("franck.mp4", "live"), film("cap13_edit2.mp4", "replay")];
  const { attempts, turns } = await playFilms(films, { ...options, answer: true });
  t.same(attempts, []);
  t.match(turns, [{ film: films[0] }], "its turns are named, and attacks are left out");
  t.same(new Set(turns[0]?.turns.map(({ side }) => side)), new Set(["left"]));
});
