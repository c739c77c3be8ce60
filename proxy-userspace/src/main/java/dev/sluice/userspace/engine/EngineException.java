package dev.sluice.userspace.engine;

/** The engine could not do what the sync asked for; the message says what and why. */
public final class EngineException extends RuntimeException {
    private static final long serialVersionUID = 1;

    public EngineException(String message, Throwable cause) {
        super(message, cause);
    }

    public EngineException(String message) {
        super(message);
    }
}
