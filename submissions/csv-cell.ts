/** A cell of a CSV, in quotes where the text would be taken for more than a cell. */
export const csvCell = (text: string): string => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
