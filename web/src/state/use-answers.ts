import { api } from "../api/client.ts";
import { useResource } from "../api/use-resource.ts";
import type { DivisionFeature, Location, LonLat, SearchResult } from "../api/types.ts";
import type { Look } from "../map/look.ts";
import type { PageState } from "./url.ts";

/** About a metre: finer would only keep equal questions from sharing a cached answer. */
const rounded = ([lon, lat]: LonLat): LonLat => [Number(lon.toFixed(5)), Number(lat.toFixed(5))];

const RESULTS = 20;
/** All that a city's category usually has in one view; the server gives the nearest first. */
const LISTED = 200;
/** What a row of a list shows. */
const ROW_FIELDS = ["name", "category", "divisions", "open", "bookable"];

/** The smallest division around a place that has an outline to draw. */
function outlined(location: Location | null): string | null {
  const { divisions } = location ?? { divisions: [] };
  const code = (level: string): string | undefined =>
    divisions.find((division) => division.level === level)?.code;
  return code("township") ?? code("district") ?? null;
}

/** Everything the server is asked for a state of the page. */
export function useAnswers(state: PageState, look: Look | null) {
  const { lang, text, category, service, division, point, at } = state;
  const city = useResource(`city ${lang}`, (signal) => api.city(lang, signal), "");
  const categories = useResource(`categories ${lang}`, (signal) => api.categories(lang, signal), "");
  const services = useResource(`services ${lang}`, (signal) => api.services(lang, signal), "");

  const pointCard = useResource(point === null ? null : `${lang} ${point}`, (signal) =>
    api.point(point ?? "", lang, signal),
  );
  const location = useResource(at === null ? null : `${lang} ${at.join()}`, (signal) =>
    api.locate({ at: rounded(at ?? [0, 0]), lang }, signal),
  );

  const outline = division ?? (at === null ? null : outlined(location.value));
  const outlineFeature = useResource<DivisionFeature>(
    outline === null ? null : `${lang} ${outline}`,
    (signal) => api.division(outline ?? "", lang, signal),
  );

  const results = useResource<SearchResult[]>(
    text === null ? null : `${lang} ${text}`,
    async (signal) =>
      (await api.search({ text: text ?? "", size: RESULTS, lang, focus: look?.center ?? null }, signal))
        .features,
  );

  // A division's offices are all of them, wherever the map looks; others are those in view.
  const listing = division !== null || category !== null || service !== null;
  const inView = listing && division === null;
  const subject = [lang, category, service, division].join(" ");
  const view = inView ? look?.bounds.map((degree) => degree.toFixed(4)).join() : "everywhere";
  const listed = useResource(
    listing && look !== null ? `${subject} ${view ?? ""}` : null,
    (signal) =>
      api.points(
        {
          near: look?.center ?? null,
          bbox: inView ? (look?.bounds ?? null) : null,
          category,
          service,
          division,
          limit: LISTED,
          fields: ROW_FIELDS,
          lang,
        },
        signal,
      ),
    // While the map moves, the list stays.
    subject,
  );

  return { city, categories, services, pointCard, location, outlineFeature, results, listed };
}

export type Answers = ReturnType<typeof useAnswers>;
