// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.kubernetes.read;

/**
 * An error in a field: its value is not what the API expects.
 *
 * @param path the path within the object, e.g. {@code spec.ports[0].port}
 * @param line the line in the file, 0 when there is no file
 */
public record FieldError(String path, int line, String message) {}
