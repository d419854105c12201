// Pieces that the pages share.

import type { ReactNode } from "react";

/** A sentence in which `words between backticks` are code. */
export function Text({ children }: { readonly children: string }) {
  const parts = children.split("`");
  // Each part stands at its own place and never moves.
  return (
    <>
      {parts.map((part, index) =>
        // biome-ignore lint/suspicious/noArrayIndexKey: the parts of one fixed sentence.
        index % 2 === 1 ? <code key={index}>{part}</code> : part.replaceAll("'", "’"),
      )}
    </>
  );
}

export function Paragraph({ children }: { readonly children: string }) {
  return (
    <p>
      <Text>{children}</Text>
    </p>
  );
}

/** Text to copy. It scrolls sideways by itself, by keyboard too. */
export function Code({ label, children }: { readonly label: string; readonly children: string }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard.
    <section className="code" tabIndex={0} aria-label={label}>
      <pre>
        <code>{children}</code>
      </pre>
    </section>
  );
}

/** A heading that can be linked to. */
export function Heading({
  id,
  level,
  children,
}: {
  readonly id: string;
  readonly level: 2 | 3;
  readonly children: ReactNode;
}) {
  const Tag = level === 2 ? "h2" : "h3";
  return (
    <Tag id={id}>
      <a className="anchor" href={`#${id}`}>
        {children}
      </a>
    </Tag>
  );
}

export function Address({ method, path }: { readonly method: string; readonly path: string }) {
  return (
    <span className="address">
      <b className={`method ${method.toLowerCase()}`}>{method}</b> <code>{path}</code>
    </span>
  );
}
