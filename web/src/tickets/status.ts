/** What the server calls the states of a ticket, in the order in which it passes through them. */
export const STATUSES = ["open", "dispatched", "accepted", "responded", "closed", "returned"] as const;
export type Status = (typeof STATUSES)[number];

/** The source of tickets that a program made up. */
export const SYNTHETIC = "synthetic";
