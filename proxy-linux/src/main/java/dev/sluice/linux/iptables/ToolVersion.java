// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.linux.iptables;

import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The version and variant of the tools, from {@code iptables --version}: {@code iptables v1.8.9 (nf_tables)}. */
record ToolVersion(int major, int minor, int patch, Iptables.Variant variant) implements Comparable<ToolVersion> {
    /** The first with {@code -w} for restore and {@code --random-fully} for MASQUERADE. */
    static final ToolVersion RESTORE_WAITS = new ToolVersion(1, 6, 2, Iptables.Variant.LEGACY);

    private static final Pattern TEXT = Pattern.compile("v(\\d{1,4})\\.(\\d{1,4})(?:\\.(\\d{1,4}))?");

    /** Releases before 1.8 name no variant: they are legacy. */
    static Optional<ToolVersion> parse(String text) {
        Matcher matcher = TEXT.matcher(text);
        if (!matcher.find()) {
            return Optional.empty();
        }
        String patch = matcher.group(3);
        return Optional.of(new ToolVersion(
                Integer.parseInt(matcher.group(1)),
                Integer.parseInt(matcher.group(2)),
                patch == null ? 0 : Integer.parseInt(patch),
                text.contains("nf_tables") ? Iptables.Variant.NFT : Iptables.Variant.LEGACY));
    }

    boolean atLeast(ToolVersion other) {
        return compareTo(other) >= 0;
    }

    /** By number; the variant does not count. */
    @Override
    public int compareTo(ToolVersion other) {
        int byMajor = Integer.compare(major, other.major);
        int byMinor = Integer.compare(minor, other.minor);
        return byMajor != 0 ? byMajor : byMinor != 0 ? byMinor : Integer.compare(patch, other.patch);
    }

    @Override
    public String toString() {
        return major + "." + minor + "." + patch + " (" + (variant == Iptables.Variant.NFT ? "nf_tables" : "legacy")
                + ")";
    }
}
