import type { ReactNode } from "react";

/** A card for a table, which scrolls inside it if it is wide, by keyboard too. */
export function TableCard({ title, note, children }: { title: string; note?: string; children: ReactNode }) {
  return (
    <section className="card" aria-label={title}>
      <h2>
        {title} {note && <span className="hint">{note}</span>}
      </h2>
      <div className="scroll" role="group" aria-label={`${title}, table`} tabIndex={0}>
        <table>{children}</table>
      </div>
    </section>
  );
}

/** A column's heading, for use with map. */
export const heading = (title: string) => (
  <th key={title} scope="col">
    {title}
  </th>
);
