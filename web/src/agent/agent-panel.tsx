import type { ReactElement } from "react";

import { Card } from "../ui/card.tsx";
import { CandidateCard, PositionCard } from "./answer-card.tsx";
import { BatchCard } from "./batch-card.tsx";
import { CandidatesCard } from "./candidates-card.tsx";
import { ReportedSection, ToReported } from "./reported-section.tsx";
import { RulesCard } from "./rules-card.tsx";
import { Start } from "./start.tsx";
import type { AgentState } from "./state.ts";
import type { useBatch } from "./use-batch.ts";
import type { Asked } from "./use-question.ts";
import type { Reports } from "./use-reports.ts";
import { useWords } from "./use-words.ts";

/** What stands beside the map: the one card that the page's state asks for. */
export function AgentPanel({
  state,
  asked: { city, services, rules, answer, question, location, meant, picked, isDivision },
  reports,
  batch,
  onAsk,
  onPick,
  onFile,
}: {
  state: AgentState;
  asked: Asked;
  reports: Reports;
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
  const choosing = question.kind === "words" && picked === null;
  const failed = question.kind === "fault" || location.status === "failed";
  if (state.page === "rules" && !choosing && !failed) {
    return (
      <RulesCard
        rules={rules}
        answer={answer}
        onBack={() => {
          onPick({ page: "answer" });
        }}
        onClose={() => {
          onAsk({ page: "answer" });
        }}
      />
    );
  }
  const reported = reports.asked
    ? {
        section: <ReportedSection reports={reports} services={services.value ?? []} onNext={close} />,
        link: <ToReported total={reports.here.similar.value?.total ?? null} />,
      }
    : null;
  const onWhy = (): void => {
    onPick({ page: "rules" });
  };
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
          reported={reported}
          onCrs={(crs) => {
            onPick({ crs });
          }}
          onWhy={onWhy}
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
          stale={meant.stale}
          isDivision={isDivision}
          reported={reported}
          onWhy={onWhy}
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
