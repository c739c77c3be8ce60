package dev.sluice.ipvs.kernel;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The first two numbers of a kernel release such as {@code 6.1.0-18-amd64}. */
public record KernelVersion(int major, int minor) {
    private static final Pattern RELEASE = Pattern.compile("(\\d{1,4})\\.(\\d{1,4}).*");

    /** An unreadable release counts as a new one. */
    static KernelVersion parse(String release) {
        Matcher matcher = RELEASE.matcher(release);
        return matcher.matches()
                ? new KernelVersion(Integer.parseInt(matcher.group(1)), Integer.parseInt(matcher.group(2)))
                : new KernelVersion(Integer.MAX_VALUE, 0);
    }

    boolean before(int otherMajor, int otherMinor) {
        return major < otherMajor || (major == otherMajor && minor < otherMinor);
    }

    @Override
    public String toString() {
        return major + "." + minor;
    }
}
