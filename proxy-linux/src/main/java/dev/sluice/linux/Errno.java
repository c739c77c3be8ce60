// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.linux;

import java.util.Map;

/** Error numbers of the generic Linux ABI (include/uapi/asm-generic/errno.h), of those that are handled here. */
public final class Errno {
    public static final int EPERM = 1;
    public static final int ENOENT = 2;
    public static final int ESRCH = 3;
    public static final int EINTR = 4;
    public static final int EIO = 5;
    public static final int ENXIO = 6;
    public static final int EAGAIN = 11;
    public static final int ENOMEM = 12;
    public static final int EACCES = 13;
    public static final int EBUSY = 16;
    public static final int EEXIST = 17;
    public static final int ENODEV = 19;
    public static final int EINVAL = 22;
    public static final int ENFILE = 23;
    public static final int EMFILE = 24;
    public static final int ENOSPC = 28;
    public static final int EMLINK = 31;
    public static final int EPIPE = 32;
    public static final int ERANGE = 34;
    public static final int ENODATA = 61;
    public static final int EBADMSG = 74;
    public static final int EMSGSIZE = 90;
    public static final int ENOPROTOOPT = 92;
    public static final int EPROTONOSUPPORT = 93;
    public static final int EOPNOTSUPP = 95;
    public static final int EAFNOSUPPORT = 97;
    public static final int EADDRINUSE = 98;
    public static final int EADDRNOTAVAIL = 99;
    public static final int ENETDOWN = 100;
    public static final int ENETUNREACH = 101;
    public static final int ENOBUFS = 105;
    public static final int ENOTCONN = 107;
    public static final int ETIMEDOUT = 110;
    public static final int ECONNREFUSED = 111;
    public static final int EINPROGRESS = 115;

    private static final Map<Integer, String> NAMES = Map.ofEntries(
            Map.entry(EPERM, "EPERM (operation not permitted)"),
            Map.entry(ENOENT, "ENOENT (no such entry)"),
            Map.entry(ESRCH, "ESRCH (no such object)"),
            Map.entry(EINTR, "EINTR (interrupted)"),
            Map.entry(EIO, "EIO (input/output error)"),
            Map.entry(ENXIO, "ENXIO (no such device or address)"),
            Map.entry(EAGAIN, "EAGAIN (try again)"),
            Map.entry(ENOMEM, "ENOMEM (out of memory)"),
            Map.entry(EACCES, "EACCES (permission denied)"),
            Map.entry(EBUSY, "EBUSY (in use)"),
            Map.entry(EEXIST, "EEXIST (exists already)"),
            Map.entry(ENODEV, "ENODEV (no such device)"),
            Map.entry(EINVAL, "EINVAL (invalid argument)"),
            Map.entry(ENFILE, "ENFILE (full)"),
            Map.entry(EMFILE, "EMFILE (too many open files)"),
            Map.entry(EMLINK, "EMLINK (too many links)"),
            Map.entry(ENODATA, "ENODATA (no data)"),
            Map.entry(EBADMSG, "EBADMSG (malformed message)"),
            Map.entry(ENOSPC, "ENOSPC (no space left)"),
            Map.entry(ERANGE, "ERANGE (out of range)"),
            Map.entry(EMSGSIZE, "EMSGSIZE (message too long)"),
            Map.entry(ENOPROTOOPT, "ENOPROTOOPT (option not supported)"),
            Map.entry(EPROTONOSUPPORT, "EPROTONOSUPPORT (protocol not supported)"),
            Map.entry(EOPNOTSUPP, "EOPNOTSUPP (not supported)"),
            Map.entry(EAFNOSUPPORT, "EAFNOSUPPORT (address family not supported)"),
            Map.entry(EADDRINUSE, "EADDRINUSE (address in use)"),
            Map.entry(EADDRNOTAVAIL, "EADDRNOTAVAIL (address not available)"),
            Map.entry(ENETDOWN, "ENETDOWN (network is down)"),
            Map.entry(ENETUNREACH, "ENETUNREACH (network unreachable)"),
            Map.entry(ENOBUFS, "ENOBUFS (no buffer space)"),
            Map.entry(ETIMEDOUT, "ETIMEDOUT (no answer in time)"),
            Map.entry(ECONNREFUSED, "ECONNREFUSED (connection refused)"),
            Map.entry(EINPROGRESS, "EINPROGRESS (in progress)"));

    private Errno() {}

    /** The name and meaning of {@code errno}, or {@code errno N}. */
    public static String describe(int errno) {
        return NAMES.getOrDefault(errno, "errno " + errno);
    }
}
