/**
 * Somebody on the line: what they say and where to reach them, and which tickets they were added
 * to. It is in the memory of the page alone, in no address and no storage.
 */
import type { Problem } from "../api/problem.ts";

/** What became of adding the caller to a ticket. */
export type Joining =
  | { status: "sending" }
  /** `changed` is false where they had been added before. */
  | { status: "added"; id: string; changed: boolean }
  | { status: "failed"; problem: Problem; secret: string };

export interface Call {
  /** Names the caller to the server, so that adding them twice adds them once. */
  id: string;
  /** What they say. */
  words: string;
  contact: string;
  phone: string;
  /** By the id of the ticket. */
  joined: Readonly<Record<string, Joining>>;
}

export type CallChange = Partial<Pick<Call, "words" | "contact" | "phone">>;

export type CallEvent =
  | { type: "said"; change: CallChange }
  /** Of the call with the id `call`; what comes late for another is dropped. */
  | { type: "joining"; call: string; ticket: string; joining: Joining }
  | { type: "next"; id: string };

export const newCall = (id: string): Call => ({ id, words: "", contact: "", phone: "", joined: {} });

export function onCall(call: Call, event: CallEvent): Call {
  switch (event.type) {
    case "said":
      return { ...call, ...event.change };
    case "joining":
      return event.call === call.id
        ? { ...call, joined: { ...call.joined, [event.ticket]: event.joining } }
        : call;
    case "next":
      return newCall(event.id);
  }
}

/** Whether the caller was added to something, so that whoever comes next is somebody else. */
export const isServed = ({ joined }: Call): boolean =>
  Object.values(joined).some(({ status }) => status === "added");

/** Whether anything is known of the caller. */
export const isBlank = ({ words, contact, phone, joined }: Call): boolean =>
  `${words}${contact}${phone}`.trim() === "" && Object.keys(joined).length === 0;

/** What is sent of the caller; what is not known is left out. */
export function callerOf({ id, words, contact, phone }: Call): Record<string, string> {
  const known = { description: words.trim(), contact: contact.trim(), phone: phone.trim() };
  return { id, channel: "phone", ...Object.fromEntries(Object.entries(known).filter(([, v]) => v !== "")) };
}

/** An id that nobody else has drawn. Pages without a certificate have no `randomUUID`. */
export function drawId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(8));
  return `call-${Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("")}`;
}
