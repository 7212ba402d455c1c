import { ApiError, toProblem } from "./problem.ts";
import type {
  Bounds,
  Category,
  City,
  Datum,
  DivisionFeature,
  Lang,
  Location,
  LonLat,
  Meant,
  PointFeature,
  PointList,
  Rules,
  SearchAnswer,
  Service,
  SimilarList,
} from "./types.ts";

export type Query = Record<string, string | number | boolean | null | undefined>;

/** A path with its query; a parameter without a value is left out, never sent empty. */
export function pathWithQuery(path: string, query: Query): string {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined && value !== null) parameters.set(name, String(value));
  }
  const encoded = parameters.toString();
  return encoded === "" ? path : `${path}?${encoded}`;
}

/** About a metre: finer would only keep equal questions from sharing a cached answer. */
const degrees = (value: number): string => value.toFixed(5);

/** Asks the server; with the secret of a key where the answer is not for everybody. */
export const get = <Answer>(
  path: string,
  query: Query,
  signal: AbortSignal,
  secret: string | null = null,
): Promise<Answer> => exchange(pathWithQuery(path, query), { signal }, secret);

/** Writes something, with the secret of a key. */
export const post = <Answer>(
  path: string,
  body: unknown,
  signal: AbortSignal,
  secret: string,
): Promise<Answer> =>
  exchange(
    path,
    {
      signal,
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    },
    secret,
  );

async function exchange<Answer>(path: string, how: RequestInit, secret: string | null): Promise<Answer> {
  const headers = new Headers(how.headers);
  headers.set("accept", "application/json");
  if (secret !== null) headers.set("authorization", `Bearer ${secret}`);
  let response: Response;
  try {
    response = await fetch(path, { ...how, headers });
  } catch (error) {
    if (how.signal?.aborted === true) throw error;
    throw new ApiError({ title: "No answer", status: 0, detail: null, errors: [] });
  }
  const body: unknown = await response.json().catch(() => null);
  if (!response.ok || body === null) {
    throw new ApiError(toProblem(response.status, body, response.headers.get("retry-after")));
  }
  return body as Answer;
}

export interface SearchQuery {
  text: string;
  size: number;
  lang: Lang;
  focus: LonLat | null;
  /** Only these layers, as a list with commas. */
  layers?: string | null;
}

function searchParameters({ text, size, lang, focus, layers }: SearchQuery): Query {
  return {
    text,
    size,
    lang,
    layers,
    "focus.point.lat": focus === null ? null : degrees(focus[1]),
    "focus.point.lon": focus === null ? null : degrees(focus[0]),
  };
}

export interface PointsQuery {
  /** Order by the distance from here. */
  near: LonLat | null;
  bbox: Bounds | null;
  category: string | null;
  service: string | null;
  division: string | null;
  limit: number;
  /** The properties to answer, for a list leaves most of them out. */
  fields: readonly string[];
  lang: Lang;
}

/** What jurisdiction depends on besides the place. */
export interface LocateTerms {
  lang: Lang;
  date?: string | null;
  category?: string | null;
  /** Also say which rules were looked at. */
  explain?: true | null;
}

export interface LocateQuery extends LocateTerms {
  at: LonLat;
  crs?: Datum | null;
}

export interface WordsQuery extends LocateTerms {
  text: string;
}

export interface SimilarQuery {
  at: LonLat;
  category: string | null;
  /** What is said. */
  text: string | null;
  lang: Lang;
}

/** As many as the server gives. */
const MOST_SIMILAR = 100;

export const api = {
  city: (lang: Lang, signal: AbortSignal): Promise<City> => get("/v1/city", { lang }, signal),

  categories: async (lang: Lang, signal: AbortSignal): Promise<Category[]> =>
    (await get<{ categories: Category[] }>("/v1/categories", { lang }, signal)).categories,

  services: async (lang: Lang, signal: AbortSignal): Promise<Service[]> =>
    (await get<{ services: Service[] }>("/v1/services", { lang }, signal)).services,

  autocomplete: (query: SearchQuery, signal: AbortSignal): Promise<SearchAnswer> =>
    get("/v1/autocomplete", searchParameters(query), signal),

  search: (query: SearchQuery, signal: AbortSignal): Promise<SearchAnswer> =>
    get("/v1/search", searchParameters(query), signal),

  points: ({ near, bbox, fields, ...rest }: PointsQuery, signal: AbortSignal): Promise<PointList> =>
    get(
      "/v1/points",
      {
        ...rest,
        fields: fields.join(","),
        lon: near === null ? null : degrees(near[0]),
        lat: near === null ? null : degrees(near[1]),
        bbox: bbox === null ? null : bbox.map(degrees).join(","),
      },
      signal,
    ),

  point: (id: string, lang: Lang, signal: AbortSignal): Promise<PointFeature> =>
    get(`/v1/points/${encodeURIComponent(id)}`, { lang }, signal),

  /** `crs` is left out where nobody said what it is: the server then says what it took. */
  locate: ({ at: [lon, lat], ...rest }: LocateQuery, signal: AbortSignal): Promise<Location> =>
    get("/v1/locate", { lon, lat, ...rest }, signal),

  locateWords: (query: WordsQuery, signal: AbortSignal): Promise<Meant> =>
    get("/v1/locate", { ...query }, signal),

  rules: (lang: Lang, signal: AbortSignal): Promise<Rules> => get("/v1/rules", { lang }, signal),

  /** What was already reported around a place, WGS-84. */
  similar: (
    { at: [lon, lat], category, text, lang }: SimilarQuery,
    secret: string,
    signal: AbortSignal,
  ): Promise<SimilarList> =>
    get(
      "/v1/tickets/similar",
      { lon: degrees(lon), lat: degrees(lat), category, text, limit: MOST_SIMILAR, lang },
      signal,
      secret,
    ),

  division: (code: string, lang: Lang, signal: AbortSignal): Promise<DivisionFeature> =>
    get(`/v1/divisions/${encodeURIComponent(code)}`, { lang }, signal),
};
