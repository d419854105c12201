// The carrier asks the phone's owner on a page of its own: the way there, and the way on afterwards.

import { Heading, LinkButton, Paragraph, PostButton } from "./parts.tsx";
import type { PayerText } from "./text.ts";

export interface CarrierPageProps {
  readonly text: PayerText;
  readonly merchantName: string;
  readonly amount: string;
  readonly phoneLast4: string;
  /** The carrier's page. */
  readonly url: string;
  /** Asks the carrier what became of it. */
  readonly checkUrl: string;
  readonly changeAction: string;
  readonly proof: string;
}

export function CarrierPage(props: CarrierPageProps) {
  const { text, merchantName, amount, phoneLast4 } = props;
  return (
    <>
      <Heading>{text.t("carrier_page_heading")}</Heading>
      <Paragraph>
        {text.t("carrier_page_text", { amount, merchant: merchantName, last4: phoneLast4 })}
      </Paragraph>
      <div className="mt-6 space-y-4">
        <LinkButton href={props.url} label={text.t("carrier_page_open")} isPrimary={true} />
        <LinkButton href={props.checkUrl} label={text.t("check_again")} isPrimary={false} />
        <PostButton
          action={props.changeAction}
          proof={props.proof}
          label={text.t("code_change")}
          isPrimary={false}
          describedBy="about-change"
        />
      </div>
      <p id="about-change" className="mt-2 text-sm text-stone-600 dark:text-stone-400">
        {text.t("carrier_change_note")}
      </p>
    </>
  );
}
