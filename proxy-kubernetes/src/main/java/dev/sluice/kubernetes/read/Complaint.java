package dev.sluice.kubernetes.read;

/**
 * A value that is not what the API says it should be.
 *
 * @param path where it stands in its object, e.g. {@code spec.ports[0].port}
 * @param line its line in the file, 0 when it comes from no file
 */
public record Complaint(String path, int line, String message) {}
