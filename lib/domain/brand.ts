// Nominal types: a value that only a parser or a constructor of this folder can make.

declare const brand: unique symbol;

/** A `T` that has passed the check named `Name`. Made only by a parser in `lib/domain` or at an edge. */
export type Brand<T, Name extends string> = T & { readonly [brand]: Name };
