// The page around every payer page: no script, one inlined style, nothing that a link preview could show.

import type { ReactNode } from "react";
import { PAYER_STYLE } from "./styles.generated.ts";
import type { PayerMerchant, PayerText } from "./text.ts";

export interface DocumentProps {
  readonly text: PayerText;
  readonly title: string;
  readonly merchant: PayerMerchant | null;
  readonly isTest: boolean;
  /** The page asks for itself again after so many seconds. */
  readonly refresh?: { readonly seconds: number; readonly url: string };
  readonly children: ReactNode;
}

export function PayerDocument({ text, title, merchant, isTest, refresh, children }: DocumentProps) {
  return (
    <html lang={text.locale} dir="ltr">
      <head>
        <meta charSet="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="robots" content="noindex, nofollow" />
        <meta name="referrer" content="no-referrer" />
        <meta name="format-detection" content="telephone=no" />
        {refresh !== undefined && (
          <meta httpEquiv="refresh" content={`${refresh.seconds};url=${refresh.url}`} />
        )}
        {/* An icon of nothing: without it browsers ask for one. */}
        <link rel="icon" href="data:," />
        <title>{title}</title>
        {/* Our own built style; its hash is in the page's policy. */}
        {/* biome-ignore lint/security/noDangerouslySetInnerHtml: React would escape the style's quotes. */}
        <style dangerouslySetInnerHTML={{ __html: PAYER_STYLE }} />
      </head>
      <body className="min-h-screen bg-stone-100 font-sans text-stone-900 antialiased dark:bg-stone-950 dark:text-stone-100 print:bg-white print:text-black">
        {isTest && (
          <p className="bg-amber-200 px-4 py-2 text-center text-sm font-medium text-amber-950">
            {text.t("test_banner")}
          </p>
        )}
        <div className="mx-auto w-full max-w-md px-4 py-6 sm:py-12 print:max-w-none print:py-0">
          <main className="rounded-2xl bg-white p-5 shadow-sm sm:p-8 dark:bg-stone-900 print:p-0 print:shadow-none">
            {children}
          </main>
          {merchant !== null && <MerchantFooter text={text} merchant={merchant} />}
        </div>
      </body>
    </html>
  );
}

/** Who bills, in full, and how to reach them. */
function MerchantFooter({ text, merchant }: { readonly text: PayerText; readonly merchant: PayerMerchant }) {
  const { legalName, address, registrationNumber, contactEmail, contactPhone, contactUrl } = merchant;
  return (
    <footer className="px-1 pt-6 text-sm wrap-anywhere text-stone-600 dark:text-stone-400">
      <p className="font-medium text-stone-800 dark:text-stone-200">
        <bdi>{legalName}</bdi>
      </p>
      {address !== null && <p className="whitespace-pre-line">{address}</p>}
      {registrationNumber !== null && <p>{text.t("registration_number", { number: registrationNumber })}</p>}
      <ul className="mt-2 flex flex-wrap gap-x-4 gap-y-1">
        {contactEmail !== null && <ContactLink href={`mailto:${contactEmail}`} label={contactEmail} />}
        {contactPhone !== null && <ContactLink href={`tel:${contactPhone}`} label={contactPhone} />}
        {contactUrl !== null && <ContactLink href={contactUrl} label={new URL(contactUrl).host} />}
      </ul>
    </footer>
  );
}

function ContactLink({ href, label }: { readonly href: string; readonly label: string }) {
  return (
    <li>
      <a className="inline-block py-1 underline underline-offset-2" href={href} rel="noopener noreferrer">
        {label}
      </a>
    </li>
  );
}
