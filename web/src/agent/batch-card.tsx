import { useState, type ReactElement } from "react";

import { Card } from "../ui/card.tsx";
import { Icon } from "../ui/icon.tsx";
import { Failure } from "../ui/notice.tsx";
import type { BatchRun } from "./use-batch.ts";
import { useWords } from "./use-words.ts";

/** Where a file of positions is dropped or picked. */
export function DropZone({ onFile }: { onFile: (file: File) => void }): ReactElement {
  const { words } = useWords();
  const [over, setOver] = useState(false);
  return (
    <section
      className={`drop${over ? " over" : ""}`}
      aria-labelledby="batch-title"
      onDragOver={(event) => {
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={() => {
        setOver(false);
      }}
      onDrop={(event) => {
        event.preventDefault();
        setOver(false);
        const file = event.dataTransfer.files[0];
        if (file !== undefined) onFile(file);
      }}
    >
      <h3 id="batch-title">{words.batch}</h3>
      <p className="faint">
        {words.batchHint}{" "}
        <label className="link pick">
          {words.batchPick}
          <input
            type="file"
            className="off-screen"
            accept=".csv,.txt,.json,.jsonl,.ndjson,text/csv,application/x-ndjson"
            onChange={({ target }) => {
              const file = target.files?.[0];
              // The same file may be picked again.
              target.value = "";
              if (file !== undefined) onFile(file);
            }}
          />
        </label>
      </p>
    </section>
  );
}

/** How far a file has been answered, and the answers. */
export function BatchCard({
  run: { name, status, progress, problem, download },
  onStop,
  onClose,
}: {
  run: BatchRun;
  onStop: () => void;
  onClose: () => void;
}): ReactElement {
  const { words } = useWords();
  const title =
    status === "running"
      ? words.batchRunning(name)
      : status === "done"
        ? words.batchDone(name)
        : words.batchStopped(name);
  const percent = Math.floor(progress.share * 100);
  return (
    <Card title={title} onClose={onClose}>
      <progress className="progress" max={100} value={percent} aria-label={title} />
      <p className="batch-count" role="status">
        <strong>{words.batchRows(progress.rows)}</strong>
        <span className={progress.broken > 0 ? "tag closed" : "tag open"}>
          {words.batchBroken(progress.broken)}
        </span>
      </p>
      {progress.encoding === "gb18030" && <p className="faint">{words.batchEncoding}</p>}
      {status === "done" && progress.rows === 0 && <p className="notice">{words.batchEmpty}</p>}
      {problem !== null && <Failure problem={problem} />}
      {status === "running" && (
        <button type="button" className="button" onClick={onStop}>
          {words.batchStop}
        </button>
      )}
      {download !== null && (
        <a className="button loud" href={download.href} download={download.name} data-key="d">
          <Icon name="download" />
          {words.batchDownload}
          <kbd aria-hidden="true">D</kbd>
        </a>
      )}
    </Card>
  );
}
