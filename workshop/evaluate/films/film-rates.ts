import { type Rate, rateOf } from "../scores/error-rates.ts";
import { meanOverPeople, type PersonRate } from "../scores/people.ts";
import { isBonaFide } from "./film-list.ts";
import type { FilmAttempt } from "./films.ts";

/** The errors of some attempts: BPCER counts genuine attempts without a match, APCER attacks with one. */
export interface FilmErrors {
  readonly measure: "BPCER" | "APCER";
  readonly people: number;
  readonly rate: Rate;
  readonly byPerson: PersonRate | undefined;
}

/** The errors of each kind of film. Pure. */
export function filmRates(attempts: readonly FilmAttempt[]): readonly (FilmErrors & { readonly kind: string })[] {
  const kinds = [...new Set(attempts.map(({ film }) => film.kind))];
  return kinds.map((kind) => ({
    kind,
    ...errorsOf(
      attempts.filter(({ film }) => film.kind === kind),
      isBonaFide({ kind }),
    ),
  }));
}

/** The errors of attempts that are all genuine or all attacks. Pure. */
export function errorsOf(attempts: readonly FilmAttempt[], genuine: boolean): FilmErrors {
  const shares = sharesByPerson(attempts, genuine);
  return {
    measure: genuine ? "BPCER" : "APCER",
    people: shares.length,
    rate: rateOf(attempts.filter((one) => isMatch(one) !== genuine).length, attempts.length),
    byPerson: meanOverPeople(shares),
  };
}

function sharesByPerson(all: readonly FilmAttempt[], genuine: boolean): readonly number[] {
  return [...new Set(all.map(({ film }) => film.person))].map((person) => {
    const own = all.filter(({ film }) => film.person === person);
    return own.filter((one) => isMatch(one) !== genuine).length / own.length;
  });
}

export const isMatch = ({ verdict }: FilmAttempt) => verdict.decision === "match";
