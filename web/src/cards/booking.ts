import type { Channel, Reservation } from "../api/types.ts";

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

/** A phone number as a link dials it. */
export function dialled(phone: string): string {
  return `tel:${phone.replace(/[^\d+*#,;]/g, "")}`;
}
