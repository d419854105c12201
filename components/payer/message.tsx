// Pages that say one thing: what happened, whether money moved, and the one way on.

import type { ReactNode } from "react";
import { Heading, Paragraph } from "./parts.tsx";

export interface MessageProps {
  readonly heading: string;
  readonly paragraphs: readonly string[];
  /** The way on, where there is one. */
  readonly children?: ReactNode;
}

export function Message({ heading, paragraphs, children }: MessageProps) {
  return (
    <>
      <Heading>{heading}</Heading>
      {paragraphs.map((paragraph) => (
        <Paragraph key={paragraph}>{paragraph}</Paragraph>
      ))}
      {children !== undefined && children !== false && <div className="mt-6 space-y-4">{children}</div>}
    </>
  );
}
