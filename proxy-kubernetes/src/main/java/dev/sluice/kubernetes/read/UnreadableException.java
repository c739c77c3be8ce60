package dev.sluice.kubernetes.read;

/** A file that is neither YAML nor JSON: its syntax is broken. The message says how. */
public final class UnreadableException extends Exception {
    private final int line;

    UnreadableException(int line, String message, Throwable cause) {
        super(message, cause);
        this.line = line;
    }

    /** The line where it breaks, counted from 1; 0 when unknown. */
    public int line() {
        return line;
    }
}
