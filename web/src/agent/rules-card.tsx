import type { ReactElement } from "react";

import type { Jurisdiction, Rule, Rules, Trial } from "../api/types.ts";
import type { Resource } from "../api/use-resource.ts";
import { Card } from "../ui/card.tsx";
import { Failure, Loading } from "../ui/notice.tsx";
import { useWords } from "./use-words.ts";

/** Which rule says who must act, which were looked at before it, and what kept each out. */
export function RulesCard({
  rules,
  answer,
  onBack,
  onClose,
}: {
  rules: Resource<Rules> & { retry: () => void };
  /** The place that is asked about, if any is. */
  answer: Jurisdiction | null;
  onBack: () => void;
  onClose: () => void;
}): ReactElement {
  const { words } = useWords();
  const { rules: list = [], findings = [] } = rules.value ?? {};
  const trials = answer?.explanation ?? null;
  return (
    <Card title={words.rules} onBack={onBack} onClose={onClose}>
      {rules.status === "failed" && <Failure problem={rules.problem} retry={rules.retry} />}
      {rules.status === "loading" && <Loading />}
      {rules.status === "ready" && (
        <p className="faint">{list.length === 0 ? words.rulesNone : words.rulesLead}</p>
      )}
      {answer === null ? (
        <p className="faint">{words.rulesStart}</p>
      ) : (
        answer.responsible !== null && (
          <section className="acts" aria-label={words.acts}>
            <p className="acts-kind">
              {answer.divisions.map(({ name }) => name).join(" · ")} → {words.acts}
            </p>
            <p className="acts-who">{answer.responsible.name}</p>
          </section>
        )
      )}
      {findings.length > 0 && (
        <section className="notice">
          <h3>{words.rulesFindings}</h3>
          <ul className="findings">
            {findings.map(({ kind, rule, other, detail }) => (
              <li key={`${kind} ${String(rule)} ${String(other)}`}>{detail}</li>
            ))}
          </ul>
        </section>
      )}
      <ol className="rules">
        {list.map((rule) => (
          <RuleRow
            key={rule.rule}
            rule={rule}
            trial={trials?.find((trial) => trial.rule === rule.rule) ?? null}
            asked={trials !== null}
          />
        ))}
      </ol>
    </Card>
  );
}

function RuleRow({ rule, trial, asked }: { rule: Rule; trial: Trial | null; asked: boolean }): ReactElement {
  const { words } = useWords();
  const outcome = !asked ? null : trial === null ? "unreached" : trial.fires ? "fires" : "passed";
  const label = { unreached: words.notReached, fires: words.fires, passed: words.passedOver };
  return (
    <li className={`rule ${outcome ?? ""}`}>
      <span className="rule-number" aria-hidden="true">
        {rule.rule}
      </span>
      <div>
        <p className="rule-name">
          {rule.name}
          {outcome !== null && <span className={`tag ${outcome}`}>{label[outcome]}</span>}
        </p>
        <Conditions rule={rule} />
        {trial !== null && trial.reasons.length > 0 && (
          <ul className="reasons">
            {trial.reasons.map(({ kind, detail }) => (
              <li key={kind}>{detail}</li>
            ))}
          </ul>
        )}
      </div>
    </li>
  );
}

/** What a rule asks for, and whom it names. */
function Conditions({ rule }: { rule: Rule }): ReactElement {
  const { lang, words } = useWords();
  const zh = lang === "zh";
  const labelled = (label: string, list: { name: string }[]): string | null =>
    list.length === 0
      ? null
      : `${label}${zh ? "：" : ": "}${list.map(({ name }) => name).join(zh ? "、" : ", ")}`;
  const conditions = [
    labelled(words.ruleFor, rule.categories),
    labelled(words.ruleIn, rule.divisions),
    labelled(words.ruleArea, rule.area === null ? [] : [{ name: rule.area }]),
    rule.from === null ? null : words.ruleFrom(rule.from),
    rule.to === null ? null : words.ruleTo(rule.to),
    labelled(words.ruleHours, rule.hours === null ? [] : [{ name: rule.hours }]),
  ].filter((part) => part !== null);
  const joint = rule.joint.map(({ name }) => name);
  const whom =
    joint.length === 0 ? rule.responsible : `${rule.responsible}${zh ? "，" : ", "}${words.joint(joint)}`;
  return (
    <p className="faint">
      {conditions.length === 0 ? words.fitsAll : conditions.join(zh ? "；" : "; ")}
      {" → "}
      {whom}
    </p>
  );
}
