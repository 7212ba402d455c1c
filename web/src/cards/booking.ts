import type { Channel, Lang, Reservation } from "../api/types.ts";
import { formatDay } from "../i18n/format.ts";
import type { Messages } from "../i18n/messages.ts";

const ORDER: Channel[] = ["reservation", "website", "phone"];

export interface BookingGroup {
  channel: Channel;
  entries: Reservation[];
}

/** The ways to get something done, in the order in which one would try them. */
export function grouped(reservations: readonly Reservation[]): BookingGroup[] {
  return ORDER.map((channel) => ({
    channel,
    entries: reservations.filter((entry) => entry.channel === channel),
  })).filter((group) => group.entries.length > 0);
}

/** An ISO 8601 duration of days, hours and minutes in words; null for any other. */
export function durationText(duration: string | undefined, t: Messages): string | null {
  const parts = /^P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?)?$/.exec(duration ?? "");
  if (parts === null) return null;
  const words = [t.days, t.hours, t.minutes].flatMap((unit, i) => {
    const number = parts[i + 1];
    return number === undefined ? [] : [unit(Number(number))];
  });
  return words.length === 0 ? null : words.join(" ");
}

/** How long before a visit it must, and can, be booked. */
export function leadText(lead: Reservation["lead"], t: Messages): string | null {
  const [min, max] = [durationText(lead?.min, t), durationText(lead?.max, t)];
  const parts = [min === null ? null : t.leadMin(min), max === null ? null : t.leadMax(max)];
  const known = parts.filter((part) => part !== null);
  return known.length === 0 ? null : known.join(t.comma);
}

/** Who may book, in words; null where that is not known. */
export function whoText(who: Reservation["who"], t: Messages): string | null {
  return who === undefined || who.length === 0 ? null : who.map((one) => t.booker[one]).join(t.comma);
}

/** Day and time of a slot, as the city's clocks show it. */
export function slotTime(start: string, lang: Lang): string {
  return `${formatDay(start.slice(0, 10), lang)} ${start.slice(11, 16)}`;
}

/** The host that a link leads to, so that one knows before following it. */
export function hostOf(url: string | null | undefined): string | null {
  if (url == null) return null;
  try {
    return new URL(url).host;
  } catch {
    return null;
  }
}

/** A web address that may stand in a link; anything else (`javascript:` …) may not. */
export function safeLink(url: string | null | undefined): string | null {
  if (url == null) return null;
  if (url.startsWith("/") && !url.startsWith("//")) return url;
  return /^https?:\/\//i.test(url) ? url : null;
}

/** A link into a map: a web page, or a position for the map of the device. */
export function mapLink(url: string): string | null {
  return /^geo:[-\d.,]+(\?|$)/.test(url) ? url : /^https:\/\//i.test(url) ? url : null;
}

/** A phone number as a link dials it. */
export function dialled(phone: string): string {
  return `tel:${phone.replace(/[^\d+*#,;]/g, "")}`;
}
