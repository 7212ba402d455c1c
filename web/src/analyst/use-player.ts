import { useCallback, useEffect, useRef, useState } from "react";

import type { Day } from "./days.ts";

/** How often the address follows while it plays: browsers allow some changes a second at most. */
const WRITE_MS = 1000;

/**
 * Plays frames one after the other. It knows which one is wanted and which one follows; when the
 * next turn comes, `useClock` says.
 */
export function usePlayer({
  starts,
  frame,
  loop,
  onFrame,
}: {
  /** The first day of each frame. */
  starts: readonly Day[];
  /** The one that the address names. */
  frame: Day | null;
  loop: boolean;
  /** The address is to name this one. */
  onFrame: (frame: Day) => void;
}) {
  const [head, setHead] = useState<Day | null>(null);
  const written = useRef(0);
  const now = head ?? frame;
  const index =
    now === null
      ? null
      : Math.max(
          0,
          starts.findLastIndex((start) => start <= now),
        );
  const following = index === null ? 0 : index + 1;
  const next = starts[following] ?? (loop ? starts[0] : undefined) ?? null;

  const pause = (): void => {
    if (head === null) return;
    onFrame(head);
    setHead(null);
  };
  /** Pauses, and leaves it to others what the address names. */
  const stop = (): void => {
    setHead(null);
  };
  const play = (): void => {
    // From where it stands; from the start where it stands at the end.
    const at = index === null || index === starts.length - 1 ? 0 : index;
    written.current = 0;
    setHead(starts[at] ?? null);
  };
  const advance = (): void => {
    if (next === null) {
      pause();
      return;
    }
    setHead(next);
    if (performance.now() - written.current < WRITE_MS) return;
    written.current = performance.now();
    onFrame(next);
  };
  const playing = head !== null;
  return { starts, playing, frame: now, index, next: playing ? next : null, play, pause, stop, advance };
}

export type Player = ReturnType<typeof usePlayer>;

/** Lets the player go on when a frame has been seen for as long as the speed says. */
export function useClock({ playing, frame, advance }: Player, settled: boolean, speed: number): void {
  const turn = useRef(advance);
  useEffect(() => {
    turn.current = advance;
  });
  const go = useCallback(() => {
    turn.current();
  }, []);
  useEffect(() => {
    if (!playing || !settled) return undefined;
    const timer = setTimeout(go, 1000 / speed);
    return () => {
      clearTimeout(timer);
    };
  }, [playing, settled, frame, speed, go]);
}
