// What happened, newest first.

export interface TimelineItem {
  readonly id: string;
  readonly at: string;
  readonly atIso: string;
  readonly title: string;
  readonly details: readonly string[];
}

export function Timeline({ entries }: { readonly entries: readonly TimelineItem[] }) {
  return (
    <ol className="space-y-4 border-l-2 border-stone-300 pl-4 dark:border-stone-700">
      {entries.toReversed().map((entry) => (
        <li key={entry.id} className="text-sm">
          <p className="font-medium">{entry.title}</p>
          <p className="text-stone-600 dark:text-stone-400">
            <time dateTime={entry.atIso}>{entry.at}</time>
          </p>
          {entry.details.map((detail) => (
            <p key={detail} className="break-words text-stone-700 dark:text-stone-300">
              {detail}
            </p>
          ))}
        </li>
      ))}
    </ol>
  );
}
