// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.daemon.log;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.turbo.TurboFilter;
import ch.qos.logback.core.spi.FilterReply;
import dev.sluice.core.config.VmoduleRule;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Marker;

/**
 * {@code --vmodule}: raises the level of loggers whose class matches a pattern; of several rules the first that matches
 * counts, as in klog. klog matches the name of a source file without {@code .go}; here that is the class, and a pattern
 * with a slash is matched against the package too: {@code SyncLoop=4}, {@code *Backend=4},
 * {@code dev/sluice/linux/*=6}.
 */
final class ModuleFilter extends TurboFilter {
    private static final Pattern PART = Pattern.compile("\\*|\\?|\\[\\^?[^]]+]|[^*?\\[]+|\\[");
    private static final Pattern NEVER = Pattern.compile("(?!)");

    private final List<Rule> rules;
    private final Map<String, Level> levels = new ConcurrentHashMap<>();

    private record Rule(Pattern pattern, boolean wholePath, int verbosity) {
        static Rule of(VmoduleRule rule) {
            String glob = rule.filePattern();
            return new Rule(regex(glob), glob.indexOf('/') >= 0, rule.verbosity());
        }

        boolean matches(String logger) {
            String name = wholePath ? logger.replace('.', '/') : logger.substring(logger.lastIndexOf('.') + 1);
            return pattern.matcher(name).matches();
        }
    }

    ModuleFilter(List<VmoduleRule> rules) {
        this.rules = rules.stream().map(Rule::of).toList();
    }

    /** A pattern of Go's {@code filepath.Match}, where the asterisk does not match a slash. */
    private static Pattern regex(String glob) {
        String regex = PART.matcher(glob)
                .results()
                .map(part -> switch (part.group().charAt(0)) {
                    case '*' -> "[^/]*";
                    case '?' -> "[^/]";
                    case '[' -> characters(part.group());
                    default -> Pattern.quote(part.group());
                })
                .collect(Collectors.joining());
        try {
            return Pattern.compile(regex);
        } catch (PatternSyntaxException e) {
            return NEVER; // as Go's, such as a range that goes back
        }
    }

    private static String characters(String part) {
        return part.length() == 1
                ? "\\["
                : "[" + part.substring(1, part.length() - 1).replaceAll("[\\[\\\\&]", "\\\\$0") + "]";
    }

    /** Called for each event, and for each question whether a level is on. */
    @Override
    public FilterReply decide(
            @Nullable Marker marker,
            Logger logger,
            Level level,
            @Nullable String format,
            Object @Nullable [] params,
            @Nullable Throwable failure) {
        Level least = levels.computeIfAbsent(logger.getName(), this::level);
        return level.isGreaterOrEqual(least) ? FilterReply.ACCEPT : FilterReply.NEUTRAL;
    }

    private Level level(String logger) {
        return rules.stream()
                .filter(rule -> rule.matches(logger))
                .findFirst()
                .map(rule -> Verbosity.of(logger, rule.verbosity()))
                .orElse(Level.OFF);
    }
}
