// A file that is made while it is read.

export interface CsvDownload {
  readonly fileName: string;
  /** Pieces of the file, each made when it is asked for; an error ends it in the middle. */
  readonly chunks: AsyncGenerator<string>;
}
