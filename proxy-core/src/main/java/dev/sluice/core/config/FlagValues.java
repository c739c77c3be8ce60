// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.core.config;

import dev.sluice.core.net.IpAddress;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Values as the text of a flag spells them, in the notations of Go; null stands for a text that spells none. */
final class FlagValues {
    private static final Pattern NUMBER = Pattern.compile("[+-]?(\\d+\\.?\\d*|\\.\\d+)([eE][+-]?\\d+)?");
    private static final Pattern QUANTITY =
            Pattern.compile("[+-]?(\\d+\\.?\\d*|\\.\\d+)([KMGTPE]i|[numkMGTPE]|[eE][+-]?\\d+)?");
    private static final List<String> YES = List.of("true", "True", "TRUE", "t", "T", "1");
    private static final List<String> NO = List.of("false", "False", "FALSE", "f", "F", "0");

    private FlagValues() {}

    static @Nullable Object read(ConfigField.Type type, String text) {
        return switch (type) {
            case STRING -> text;
            case HOST_NAME -> hostName(text);
            case BOOL -> bool(text);
            case INT -> integer(text);
            case NUMBER -> number(text);
            case DURATION, DURATION_OR_NANOSECONDS -> GoDuration.parse(text).orElse(null);
            case QUANTITY -> QUANTITY.matcher(text).matches() ? text : null;
            case IP -> text.isEmpty() || IpAddress.parse(text).isPresent() ? text : null;
            case IP_PORT -> text.isEmpty() || isSocketAddress(text) ? text : null;
            case STRINGS -> text.isEmpty() ? List.of() : List.of(text.split(",", -1));
            case SWITCHES -> switches(text);
            case VMODULE -> vmodule(text);
        };
    }

    private static @Nullable Object hostName(String text) {
        return text.isBlank() && !text.isEmpty() ? null : text.trim().toLowerCase(Locale.ROOT);
    }

    private static @Nullable Object bool(String text) {
        boolean yes = YES.contains(text);
        return yes || NO.contains(text) ? (Object) yes : null;
    }

    /** As Go reads a number whose base its prefix names: 10, 0x10, 010 and 0o10, 0b10. */
    private static @Nullable Object integer(String text) {
        boolean signed = text.startsWith("-") || text.startsWith("+");
        String sign = text.startsWith("-") ? "-" : "";
        String digits = signed ? text.substring(1) : text;
        try {
            if (digits.matches("0[bB][01]+")) {
                return Integer.valueOf(sign + digits.substring(2), 2);
            }
            if (digits.matches("0[oO][0-7]+")) {
                return Integer.valueOf(sign + digits.substring(2), 8);
            }
            return digits.matches("\\d\\w*") ? (Object) Integer.decode(sign + digits) : null;
        } catch (NumberFormatException e) {
            return null;
        }
    }

    private static @Nullable Object number(String text) {
        return NUMBER.matcher(text).matches() && FileValues.isFloat32(Double.parseDouble(text))
                ? (Object) Double.valueOf(text)
                : null;
    }

    private static boolean isSocketAddress(String text) {
        if (IpAddress.parse(text).isPresent()) {
            return true;
        }
        int colon = text.lastIndexOf(':');
        String host = colon < 0 ? "" : text.substring(0, colon);
        boolean bracketed = host.startsWith("[") && host.endsWith("]");
        String address = bracketed ? host.substring(1, host.length() - 1) : host;
        return IpAddress.parse(address).isPresent()
                && bracketed == (address.indexOf(':') >= 0)
                && isPort(text.substring(colon + 1));
    }

    private static boolean isPort(String text) {
        return text.matches("\\d{1,5}") && Integer.parseInt(text) >= 1 && Integer.parseInt(text) <= 65535;
    }

    private static @Nullable Object switches(String text) {
        Map<String, Boolean> switches = new LinkedHashMap<>();
        for (String part : text.split(",", -1)) {
            int equals = part.indexOf('=');
            if (part.isBlank()) {
                continue;
            }
            Object on = equals < 0 ? null : bool(part.substring(equals + 1).trim());
            if (!(on instanceof Boolean value)) {
                return null;
            }
            switches.put(part.substring(0, equals).trim(), value);
        }
        return switches;
    }

    /** As in klog, a part may be empty, after a comma at the end for instance. */
    private static @Nullable Object vmodule(String text) {
        List<VmoduleRule> rules = new ArrayList<>();
        for (String part : text.split(",", -1)) {
            String[] sides = part.split("=", -1);
            if (part.isEmpty()) {
                continue;
            }
            boolean isRule = sides.length == 2
                    && !sides[0].isEmpty()
                    && sides[1].matches("\\d{1,10}")
                    && integer("+" + sides[1].replaceFirst("^0+(?=\\d)", "")) instanceof Integer level
                    && rules.add(new VmoduleRule(sides[0], level));
            if (!isRule) {
                return null;
            }
        }
        return List.copyOf(rules);
    }
}
