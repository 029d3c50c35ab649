/** A few choices beside each other, of which one is taken. */
export function Segments<T extends string>({
  label,
  choices,
  value,
  onChange,
}: {
  label: string;
  choices: Readonly<Record<T, string>>;
  value: T;
  onChange: (choice: T) => void;
}) {
  return (
    <div role="group" aria-label={label} className="segments">
      {(Object.keys(choices) as T[]).map((choice) => (
        <button key={choice} type="button" aria-pressed={choice === value} onClick={() => onChange(choice)}>
          {choices[choice]}
        </button>
      ))}
    </div>
  );
}
