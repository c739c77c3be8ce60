// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.kubernetes.api.reflector;

/**
 * The order of resource versions: whole numbers that grow (Kubernetes 1.35 promises it). Others have no order.
 */
final class ResourceVersions {
    private ResourceVersions() {}

    /** Whether {@code version} is known to be older than {@code other}. */
    static boolean isLower(String version, String other) {
        return isNumber(version)
                && isNumber(other)
                && (version.length() == other.length()
                        ? version.compareTo(other) < 0
                        : version.length() < other.length());
    }

    private static boolean isNumber(String version) {
        return !version.isEmpty() && version.chars().allMatch(c -> c >= '0' && c <= '9') && version.charAt(0) != '0';
    }
}
