/**
 * The parts of the server's answers that the page reads. The full reference is the server's
 * `/openapi.json`; a field that the page does not use is left out here.
 */
import type { Feature, FeatureCollection, Geometry, MultiPolygon, Point, Polygon } from "geojson";

import type { Status } from "../tickets/status.ts";

export type Lang = "zh" | "en";
export type Datum = "wgs84" | "gcj02" | "bd09";
export type Names = Record<Lang, string>;
export type LonLat = readonly [lon: number, lat: number];
export type Bounds = readonly [west: number, south: number, east: number, north: number];

/** How much a border can be trusted. */
export type Quality = "authoritative" | "approximate";

export interface City {
  id: string;
  name: Names;
  bounds: Bounds;
  center: LonLat;
  zoom: number;
  languages: Lang[];
  attribution: string[];
  approval_number: string | null;
  note: Names | null;
  styles: string[];
  version: string | number;
}

export interface Category {
  code: string;
  name: string;
  icon: string;
  color: string;
  points: number;
  children?: Category[];
}

export interface Service {
  code: string;
  name: string;
  points: number;
  children?: Service[];
}

export type Layer =
  "venue" | "address" | "street" | "transit" | "water" | "neighbourhood" | "localadmin" | "county" | "matter";

/** What the page needs of a search result beyond the Pelias properties. */
export interface ResultAddendum {
  /** `point` for a service point; otherwise the kind of place. */
  kind?: string;
  /** Ranges of characters of `name` that matched, end exclusive. */
  highlight?: [start: number, end: number][];
  bookable?: boolean;
  open?: OpenState;
  quality?: Quality;
  /** The matter's code, in results of the layer `matter`. */
  matter?: string;
  /** How many points handle the matter. */
  points?: number;
  icon?: string;
  color?: string;
}

export interface ResultProperties {
  id: string;
  gid: string;
  layer: Layer;
  source: string;
  source_id: string;
  name: string;
  label: string;
  /** Kilometres from the focus point. */
  distance?: number;
  category?: string | string[];
  county?: string | null;
  localadmin?: string | null;
  neighbourhood?: string | null;
  addendum?: { servicemap?: ResultAddendum };
}

export type SearchResult = Feature<Point | null, ResultProperties>;
export type SearchAnswer = FeatureCollection<Point | null, ResultProperties>;

export type OpenState = "open" | "closed" | "unknown";

/** Why an office is open or not, where its plain hours do not explain it. */
export type OpenReason =
  "no_hours" | "conditional" | "holiday_not_stated" | "holiday" | "make_up_workday" | "calendar_unknown";

export interface Opening {
  state: OpenState;
  until?: string | null;
  next_open?: string | null;
  reason?: OpenReason | null;
}

export interface CategoryRef {
  code: string;
  name: string;
  icon?: string;
  color?: string;
}

export interface HandledService {
  code: string;
  name: string;
  /** `stated` by the office, or what such an office `typical`ly handles. */
  basis: "typical" | "stated";
}

export type Channel = "reservation" | "website" | "phone";

export interface Reservation {
  id: string;
  service?: string | null;
  channel: Channel;
  group?: string | null;
  label: string;
  /** Who may book; empty: not known. */
  who?: ("self" | "agent" | "proxy")[];
  /** How long before the visit, as ISO 8601 durations. */
  lead?: { min?: string; max?: string } | null;
  phone?: string | null;
  status: "unchecked" | "ok" | "failing" | "dead";
  checked_at?: string | null;
  /** The next free slot, where one was seen lately enough. */
  next_slot?: { id: string; start: string; end: string; observed_at: string; calendar: string } | null;
  /** Whether the link leads to the form itself, not to the portal's front page. */
  deep?: boolean;
  /** The server's own path to follow, which redirects to the portal. */
  href?: string | null;
  url?: string | null;
}

export interface DivisionRef {
  code: string;
  name: string;
  quality?: Quality;
}

/** A link into another map, with its position in the datum which that map expects. */
export interface NavigationLink {
  id: "amap" | "baidu" | "tencent" | "geo";
  label: string;
  datum: string;
  href: string;
}

export interface ServicePoint {
  id: string;
  name: string;
  names?: Partial<Names>;
  aliases?: string[];
  category: CategoryRef;
  services: HandledService[];
  address: string | null;
  phone: string | string[] | null;
  opening_hours: string | null;
  open: Opening;
  accessibility: string[];
  /** Whether a visit can be booked on line. */
  bookable: boolean;
  reservations: Reservation[];
  divisions: {
    county?: DivisionRef | null;
    localadmin?: DivisionRef | null;
    neighbourhood?: DivisionRef | null;
  };
  navigation?: NavigationLink[];
  source: { id: string; name: string; licence?: string | null; url?: string | null } | null;
  licence: string | null;
  observed_at: string | null;
  /** Metres from the point that was asked about, in lists. */
  distance?: number;
}

export type PointFeature = Feature<Point, ServicePoint>;

/** A row of a list of points: the same properties, of which a list may leave some out. */
export type PointRow = Feature<Point, Pick<ServicePoint, "id" | "name"> & Partial<ServicePoint>>;

export interface PointList extends FeatureCollection<Point, PointRow["properties"]> {
  features: PointRow[];
  numberMatched: number;
  numberReturned: number;
}

/** A city's levels are its own; these are the ones that the page has words for. */
export type KnownLevel = "district" | "township" | "community";

export interface LocatedDivision {
  level: string;
  code: string;
  name: string;
  quality: Quality;
  valid_from?: string | null;
  distance_to_border_m?: number | null;
}

export interface Body {
  code: string;
  name: string;
}

/** Whose jurisdiction something is. */
export interface Jurisdiction {
  point_wgs84: LonLat;
  match: "inside" | "border" | "nearest" | "outside";
  divisions: LocatedDivision[];
  runner_up: { code: string; name: string; distance_m: number } | null;
  responsible: { code: string; name: string; basis: string; joint: Body[] } | null;
  sentence: Names;
  /** The rules that were looked at, where that was asked. */
  explanation?: Trial[];
}

/** What came of one rule for a question. */
export interface Trial {
  /** Its place in the list, from 1. */
  rule: number;
  name: string;
  fires: boolean;
  reasons: { kind: string; detail: string }[];
}

/** A rule of who must act; what it leaves out fits everything. */
export interface Rule {
  rule: number;
  name: string;
  categories: Body[];
  divisions: Body[];
  area: string | null;
  from: string | null;
  to: string | null;
  hours: string | null;
  responsible: string;
  joint: Body[];
}

export interface Rules {
  rules: Rule[];
  /** Rules that never fire, and rules whose order alone decides. */
  findings: { kind: "unreachable" | "overlap"; rule: number; other: number; detail: string }[];
}

export interface Location extends Jurisdiction {
  /** What another datum would change, where none was stated. */
  hint: Names | null;
  version: string | number;
}

/** Something that words may mean. */
export interface Candidate extends Jurisdiction {
  gid: string;
  label: string;
  confidence: number;
}

/** All that words may mean, and what to ask where that is not in one jurisdiction. */
export interface Meant {
  text: string;
  candidates: Candidate[];
  question: Names | null;
  version: string | number;
}

/** A ticket that may be about the same. */
export interface SimilarTicket {
  id: string;
  category: string;
  /** `null` where the city has no name for it. */
  category_name: string | null;
  status: Status;
  /** Times by the city's clock. */
  steps: { requested: string; closed: string | null };
  texts: { description: string | null; address: string | null; response: string | null };
  source: string;
  /** Metres from the place that was asked about. */
  distance: number;
  similar: {
    /** The same category, or a relative; `null` for neither, or where none was asked. */
    kind: "same" | "near" | null;
    /** The share of the words that both say, 0 to 1. */
    words: number;
  };
  /** The day by which an answer was promised, where one was. */
  promised_on: string | null;
  /** Where a caller is added, with POST. */
  add_caller: string;
}

export interface SimilarList extends FeatureCollection<Point | null, SimilarTicket> {
  /** Also those that are too many to be listed. */
  total: number;
}

export interface TicketWritten {
  id: string;
  /** False where it was there already. */
  changed: boolean;
}

export interface DivisionProperties {
  code: string;
  name: string;
  level: string;
  quality: Quality;
  parent?: string | DivisionRef | null;
  names?: Partial<Names>;
}

export type DivisionFeature = Feature<Polygon | MultiPolygon | Geometry | null, DivisionProperties>;
