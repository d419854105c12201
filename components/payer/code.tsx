// A code by SMS, our own or the carrier's: typing it is the consent to the charge.

import { ChangedNote, Heading, Paragraph, PostButton, SubmitButton } from "./parts.tsx";
import type { PayerText } from "./text.ts";

export interface CodeProps {
  readonly text: PayerText;
  readonly merchantName: string;
  readonly amount: string;
  readonly phoneLast4: string;
  /** True for the carrier's code, whose form is the carrier's own. */
  readonly isCarriers: boolean;
  /** True where the amount is only reserved for now. */
  readonly isReserving: boolean;
  readonly action: string;
  /** Gives up this attempt, to choose again or, with our own code, to get another. */
  readonly changeAction: string;
  readonly proof: string;
  /** True where the payer has just acted on a page that asked for another amount. */
  readonly isChanged: boolean;
  /** What was wrong with the last try, in words. */
  readonly error: string | null;
}

/** Spaces are taken anywhere: that is how codes are written, and pasted. */
const OWN_PATTERN = "\\s*(?:[0-9]\\s*){6}";
const CARRIERS_PATTERN = "\\s*(?:[0-9A-Za-z]\\s*){3,12}";

export function CodeForm(props: CodeProps) {
  const { text, merchantName, amount, phoneLast4, action, proof, error, isCarriers } = props;
  return (
    <>
      {error !== null && (
        <div
          className="mb-5 rounded-lg border-2 border-red-700 p-4 dark:border-red-400"
          role="alert"
          aria-labelledby="problem"
        >
          <h2 id="problem" className="font-semibold">
            {text.t("code_error_title")}
          </h2>
          <a className="mt-1 inline-block py-1 text-red-800 underline dark:text-red-300" href="#code">
            {error}
          </a>
        </div>
      )}
      <Heading>{text.t(isCarriers ? "carrier_code_heading" : "code_heading")}</Heading>
      {props.isChanged && <ChangedNote text={text} />}
      <Paragraph>
        {text.t(isCarriers ? "carrier_code_text" : "code_text", {
          amount,
          last4: phoneLast4,
          merchant: merchantName,
        })}
      </Paragraph>
      <Paragraph>{text.t("code_life")}</Paragraph>
      <form method="post" action={action} className="mt-6">
        <input type="hidden" name="proof" value={proof} />
        <label className="block font-medium" htmlFor="code">
          {text.t("code_label")}
        </label>
        {error !== null && (
          <p id="code-error" className="mt-1 text-red-800 dark:text-red-300">
            {error}
          </p>
        )}
        <input
          id="code"
          name="code"
          className="mt-2 mb-5 block w-full rounded-xl border-2 border-stone-500 bg-white px-4 py-3 text-2xl tracking-widest text-stone-900 tabular-nums dark:bg-stone-950 dark:text-stone-100"
          type="text"
          inputMode="numeric"
          autoComplete="one-time-code"
          pattern={isCarriers ? CARRIERS_PATTERN : OWN_PATTERN}
          maxLength={40}
          required={true}
          aria-invalid={error !== null}
          aria-describedby={error === null ? undefined : "code-error"}
        />
        <SubmitButton label={text.t(props.isReserving ? "code_reserve" : "code_submit", { amount })} />
      </form>
      <div className="mt-4">
        <PostButton
          action={props.changeAction}
          proof={proof}
          label={text.t("code_change")}
          isPrimary={false}
          describedBy="about-change"
        />
      </div>
      <p id="about-change" className="mt-2 text-sm text-stone-600 dark:text-stone-400">
        {text.t(isCarriers ? "carrier_change_note" : "code_change_note")}
      </p>
    </>
  );
}
