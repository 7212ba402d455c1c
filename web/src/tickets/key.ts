/**
 * The key with which the server is asked: in the address only on the way in, behind `#`, which is
 * sent to no server; then for as long as the window is open.
 */
const NAME = "servicemap.key";
const IN_ADDRESS = /^#key=([\w-]+)$/;

/** Takes a key out of the address, before anything reads that. */
export function takeKey(): void {
  const secret = IN_ADDRESS.exec(window.location.hash)?.[1];
  if (secret === undefined) return;
  keepKey(secret);
  window.history.replaceState(null, "", window.location.pathname + window.location.search);
}

export const keptKey = (): string | null => window.sessionStorage.getItem(NAME);

export function keepKey(secret: string | null): void {
  if (secret === null) window.sessionStorage.removeItem(NAME);
  else window.sessionStorage.setItem(NAME, secret);
}
