import { api } from "../api/client.ts";
import type { Candidate, City, Datum, DivisionFeature, Jurisdiction, LonLat } from "../api/types.ts";
import { useResource } from "../api/use-resource.ts";
import { readCoordinates, type FaultKind, type Reading } from "./coordinates.ts";
import type { AgentState } from "./state.ts";

/** What is asked, as it was understood. */
export type Question =
  | { kind: "nothing" }
  | { kind: "fault"; fault: FaultKind }
  | { kind: "words"; text: string }
  | {
      kind: "position";
      at: LonLat;
      /** `null` where nobody has said. */
      crs: Datum | null;
      /** How the text was read; `null` where the place was pointed at. */
      reading: Reading | null;
    };

export function questionOf({ text, at, crs }: AgentState, city: City): Question {
  // The map is in WGS-84, whatever datum typed positions are in.
  if (at !== null) return { kind: "position", at, crs: "wgs84", reading: null };
  if (text === null) return { kind: "nothing" };
  const reading = readCoordinates(text, city.bounds);
  if (reading === null) return { kind: "words", text };
  if (reading.kind === "fault") return reading;
  return { kind: "position", at: reading.at, crs: reading.datum ?? crs, reading };
}

/** Everything the server is asked for a state of the page. */
export function useQuestion(state: AgentState) {
  const { lang, page, category, date, pick } = state;
  const city = useResource(`city ${lang}`, (signal) => api.city(lang, signal), "");
  const categories = useResource(`categories ${lang}`, (signal) => api.categories(lang, signal), "");
  const services = useResource(`services ${lang}`, (signal) => api.services(lang, signal), "");

  const rules = useResource(page === "rules" ? `rules ${lang}` : null, (signal) => api.rules(lang, signal));

  const question: Question = city.value === null ? { kind: "nothing" } : questionOf(state, city.value);
  const explain = page === "rules" ? (true as const) : null;
  const terms = { lang, category, date, explain };
  // Under other terms the answer about the same place stays until the next is there, so that what
  // one has chosen them with does not go away meanwhile.
  const place = JSON.stringify(
    question.kind === "position"
      ? [lang, question.at, question.crs]
      : [lang, question.kind === "words" && question.text],
  );
  const key = place + JSON.stringify(terms);
  const location = useResource(
    question.kind === "position" ? key : null,
    (signal) =>
      question.kind === "position"
        ? api.locate({ at: question.at, crs: question.crs, ...terms }, signal)
        : Promise.reject(new Error("nothing was asked")),
    place,
  );
  const meant = useResource(
    question.kind === "words" ? key : null,
    (signal) => api.locateWords({ text: question.kind === "words" ? question.text : "", ...terms }, signal),
    place,
  );

  const candidates = meant.value?.candidates ?? [];
  const picked: Candidate | null =
    candidates.find(({ gid }) => gid === pick) ?? (candidates.length === 1 ? (candidates[0] ?? null) : null);
  const answer: Jurisdiction | null = location.value ?? picked;

  // A division that was asked for by its name has no place in it that was meant.
  const isDivision =
    answer !== null &&
    answer.divisions.length > 0 &&
    answer.divisions.every(({ distance_to_border_m: border }) => border == null);

  const outline = useOutline(answer?.divisions.at(-1)?.code ?? null, lang);
  // Where the neighbour may be responsible too, it is shown.
  const neighbour = useOutline(answer?.match === "border" ? (answer.runner_up?.code ?? null) : null, lang);

  return {
    city,
    categories,
    services,
    rules,
    question,
    location,
    meant,
    picked,
    answer,
    isDivision,
    outline,
    neighbour,
  };
}

export type Asked = ReturnType<typeof useQuestion>;

function useOutline(code: string | null, lang: AgentState["lang"]): DivisionFeature | null {
  return useResource<DivisionFeature>(code === null ? null : `${lang} ${code}`, (signal) =>
    api.division(code ?? "", lang, signal),
  ).value;
}
