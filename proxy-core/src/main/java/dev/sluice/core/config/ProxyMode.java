package dev.sluice.core.config;

import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;

/** How Service traffic is carried. */
public enum ProxyMode {
    IPTABLES,
    IPVS,
    USERSPACE;

    /** The value of {@code --proxy-mode}: {@code iptables}, {@code ipvs} or {@code userspace}. */
    public String flagValue() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** The mode of that flag value; an empty one means iptables. */
    public static Optional<ProxyMode> parse(String text) {
        return text.isEmpty()
                ? Optional.of(IPTABLES)
                : Arrays.stream(values())
                        .filter(m -> m.flagValue().equals(text))
                        .findFirst();
    }

    /** {@code iptables, ipvs, userspace}. */
    public static String choices() {
        return Arrays.stream(values()).map(ProxyMode::flagValue).collect(Collectors.joining(", "));
    }
}
