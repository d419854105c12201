// While someone else has the word: the phone's owner, the rail, or nobody we can hear.

import { Heading, LinkButton, Note, Paragraph, PostButton } from "./parts.tsx";
import type { PayerText } from "./text.ts";

/** Why the payer waits. */
export type WaitingFor = "approval" | "processing" | "unknown" | "opening" | "hosted_page";

export interface WaitingProps {
  readonly text: PayerText;
  readonly reason: WaitingFor;
  readonly amount: string;
  readonly phoneLast4: string;
  /** This page, asked for again by hand. */
  readonly checkUrl: string;
  /** Seconds between two checks that the page makes by itself; null where that is switched off. */
  readonly refreshSeconds: number | null;
  readonly toggleUrl: string;
  readonly payAction: string;
  readonly changeAction: string;
  readonly proof: string;
  /** True where there is another method to change to, or the same can be begun again. */
  readonly canChange: boolean;
}

export const WAITING_HEADINGS: { readonly [R in WaitingFor]: string } = {
  approval: "waiting_heading",
  processing: "processing_heading",
  unknown: "checking_heading",
  opening: "opening_heading",
  hosted_page: "returned_heading",
};

const TEXTS: { readonly [R in WaitingFor]: string } = {
  approval: "waiting_text",
  processing: "processing_text",
  unknown: "checking_text",
  opening: "opening_text",
  hosted_page: "returned_text",
};

export function Waiting(props: WaitingProps) {
  const { text, reason, amount, phoneLast4, refreshSeconds } = props;
  return (
    <>
      <Heading>{text.t(WAITING_HEADINGS[reason])}</Heading>
      <Paragraph>{text.t(TEXTS[reason], { amount, last4: phoneLast4 })}</Paragraph>
      <div className="mt-6 space-y-4">
        {reason === "hosted_page" && (
          <PostButton
            action={props.payAction}
            proof={props.proof}
            fields={{ method: "card" }}
            label={text.t("continue_card")}
            isPrimary={true}
          />
        )}
        <LinkButton href={props.checkUrl} label={text.t("check_again")} isPrimary={false} />
        {props.canChange && (
          <PostButton
            action={props.changeAction}
            proof={props.proof}
            label={text.t("pay_another_way")}
            isPrimary={false}
            describedBy="about-change"
          />
        )}
      </div>
      {props.canChange && reason !== "hosted_page" && reason !== "opening" && (
        <div id="about-change">
          <Note>{text.t("pay_another_way_note")}</Note>
        </div>
      )}
      {reason !== "hosted_page" && (
        <p className="mt-6 text-sm text-stone-600 dark:text-stone-400">
          {refreshSeconds !== null && <>{text.t("refresh_on", { seconds: refreshSeconds })} </>}
          <a className="inline-block py-1 underline underline-offset-2" href={props.toggleUrl}>
            {text.t(refreshSeconds === null ? "refresh_turn_on" : "refresh_turn_off")}
          </a>
        </p>
      )}
    </>
  );
}
