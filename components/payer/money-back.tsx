// In plain words: what happens to money that was not needed, and what was refunded.

import type { MoneyBack } from "#lib/domain/money-back.ts";
import { Note } from "./parts.tsx";
import type { PayerText } from "./text.ts";

export interface MoneyBackNotesProps {
  readonly text: PayerText;
  readonly merchantName: string;
  readonly entries: readonly MoneyBack[];
}

export function MoneyBackNotes({ text, merchantName, entries }: MoneyBackNotesProps) {
  return entries.map((entry, index) => (
    // The entries keep their places: money is added behind them.
    // biome-ignore lint/suspicious/noArrayIndexKey: two sums may be alike in everything
    <Note key={index}>
      {text.t(`money_${entry.kind}`, {
        amount: text.money(entry.amount),
        method: text.t(`by_${entry.method}`),
        merchant: merchantName,
        date: entry.at === null ? "" : text.day(entry.at),
      })}
    </Note>
  ));
}
