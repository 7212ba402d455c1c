import type { ReactElement } from "react";

import { Card } from "../ui/card.tsx";
import { CandidateCard, PositionCard } from "./answer-card.tsx";
import { BatchCard } from "./batch-card.tsx";
import { CandidatesCard } from "./candidates-card.tsx";
import { Start } from "./start.tsx";
import type { AgentState } from "./state.ts";
import type { useBatch } from "./use-batch.ts";
import type { Asked } from "./use-question.ts";
import { useWords } from "./use-words.ts";

/** What stands beside the map: the one card that the page's state asks for. */
export function AgentPanel({
  asked: { city, question, location, meant, picked, isDivision },
  batch,
  onAsk,
  onPick,
  onFile,
}: {
  asked: Asked;
  batch: ReturnType<typeof useBatch>;
  /** Asks something else. */
  onAsk: (change: Partial<AgentState>) => void;
  /** Goes on within what was asked. */
  onPick: (change: Partial<AgentState>) => void;
  onFile: (file: File) => void;
}): ReactElement {
  const { words } = useWords();
  const close = (): void => {
    onAsk({});
  };
  if (batch.run !== null) return <BatchCard run={batch.run} onStop={batch.stop} onClose={batch.close} />;
  switch (question.kind) {
    case "nothing":
      return (
        <Start
          city={city.value}
          onAsk={(text) => {
            onAsk({ text });
          }}
          onFile={onFile}
        />
      );
    case "fault":
      return (
        <Card title={words.position} onClose={close}>
          <p className="notice" role="alert">
            {words.fault[question.fault]}
          </p>
        </Card>
      );
    case "position":
      return (
        <PositionCard
          question={question}
          location={location}
          onCrs={(crs) => {
            onPick({ crs });
          }}
          onClose={close}
        />
      );
    case "words":
      if (picked === null) {
        return (
          <CandidatesCard
            text={question.text}
            meant={meant}
            onPick={(pick) => {
              onPick({ pick });
            }}
            onClose={close}
          />
        );
      }
      return (
        <CandidateCard
          candidate={picked}
          isDivision={isDivision}
          onClose={close}
          onBack={
            (meant.value?.candidates.length ?? 0) > 1
              ? () => {
                  onPick({ pick: null });
                }
              : null
          }
        />
      );
  }
}
