// One labelled choice of a closed list.

import { INPUT_CLASS } from "./field.tsx";

export interface SelectFieldProps {
  readonly name: string;
  /** Where a page has several of one name. */
  readonly id?: string;
  readonly label: string;
  readonly isLabelHidden?: boolean;
  readonly options: readonly (string | { readonly value: string; readonly label: string })[];
  readonly defaultValue: string;
}

export function SelectField({
  name,
  id = name,
  label,
  isLabelHidden = false,
  options,
  defaultValue,
}: SelectFieldProps) {
  return (
    <div className="space-y-1">
      <label htmlFor={id} className={isLabelHidden ? "sr-only" : "block text-sm font-medium"}>
        {label}
      </label>
      <select id={id} name={name} defaultValue={defaultValue} className={INPUT_CLASS}>
        {options.map((option) => {
          const { value, label: text } =
            typeof option === "string" ? { value: option, label: option } : option;
          return (
            <option key={value} value={value}>
              {text}
            </option>
          );
        })}
      </select>
    </div>
  );
}
