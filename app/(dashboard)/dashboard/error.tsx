"use client";

import { Entrance } from "#components/dashboard/entrance.tsx";
import { Button } from "#components/ui/button.tsx";

export default function Failed({ reset }: { readonly reset: () => void }) {
  return (
    <Entrance heading="That did not work">
      <p>Something is not available just now. Nothing was done by half.</p>
      <Button tone="primary" onClick={reset}>
        Try again
      </Button>
    </Entrance>
  );
}
