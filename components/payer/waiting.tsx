// While someone else has the word: the phone's owner, the rail, or nobody we can hear.

import { Heading, LinkButton, Note, Paragraph, PostButton } from "./parts.tsx";
import type { PayerText } from "./text.ts";

/** Why the payer waits. */
export type WaitingFor =
  | "approval"
  | "processing"
  | "unknown"
  | "opening"
  | "hosted_page"
  | "reserved_on_bill"
  | "reserved_on_card"
  | "releasing";

/** Nothing changes here by waiting: the payer has the word, or the merchant. */
const STILL: ReadonlySet<WaitingFor> = new Set(["hosted_page", "reserved_on_bill", "reserved_on_card"]);

export const isStill = (reason: WaitingFor) => STILL.has(reason);

export interface WaitingProps {
  readonly text: PayerText;
  readonly reason: WaitingFor;
  readonly merchantName: string;
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
  /** The merchant's page, for a payer whose part is done. */
  readonly returnUrl: string | null;
}

export const WAITING_HEADINGS: { readonly [R in WaitingFor]: string } = {
  approval: "waiting_heading",
  processing: "processing_heading",
  unknown: "checking_heading",
  opening: "opening_heading",
  hosted_page: "returned_heading",
  reserved_on_bill: "reserved_heading",
  reserved_on_card: "reserved_heading",
  releasing: "releasing_heading",
};

const TEXTS: { readonly [R in WaitingFor]: string } = {
  approval: "waiting_text",
  processing: "processing_text",
  unknown: "checking_text",
  opening: "opening_text",
  hosted_page: "returned_text",
  reserved_on_bill: "reserved_on_bill_text",
  reserved_on_card: "reserved_on_card_text",
  releasing: "releasing_text",
};

/** What changing means for what was begun, where that is worth a word. */
const CHANGE_NOTES: { readonly [R in WaitingFor]: string | null } = {
  approval: "pay_another_way_note",
  processing: "pay_another_way_note",
  unknown: "pay_another_way_note",
  opening: null,
  hosted_page: null,
  reserved_on_bill: "reserved_change_note",
  reserved_on_card: "reserved_change_note",
  releasing: null,
};

export function Waiting(props: WaitingProps) {
  const { text, reason, merchantName: merchant, amount, phoneLast4, refreshSeconds } = props;
  const changeNote = props.canChange ? CHANGE_NOTES[reason] : null;
  return (
    <>
      <Heading>{text.t(WAITING_HEADINGS[reason])}</Heading>
      <Paragraph>{text.t(TEXTS[reason], { amount, merchant, last4: phoneLast4 })}</Paragraph>
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
        {props.returnUrl !== null && (
          <LinkButton
            href={props.returnUrl}
            label={text.t("back_to_merchant", { merchant })}
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
      {changeNote !== null && (
        <div id="about-change">
          <Note>{text.t(changeNote)}</Note>
        </div>
      )}
      {!isStill(reason) && (
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
