// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.linux;

/** The kernel's refusal of one netlink message. */
public class NetlinkException extends KernelException {
    private static final long serialVersionUID = 1;

    private final String operation;
    private final int errno;
    private final String kernelText;

    /**
     * @param operation what was requested, e.g. {@code IPVS NEW_SERVICE 10.96.0.1:80/TCP}
     * @param errno the positive error number
     * @param kernelText the kernel's extended acknowledgement, empty when it gave none
     */
    public NetlinkException(String operation, int errno, String kernelText) {
        this(operation, errno, kernelText, kernelText.isEmpty() ? "" : " (kernel: " + kernelText + ")");
    }

    private NetlinkException(String operation, int errno, String kernelText, String remark) {
        super(operation + ": " + Errno.describe(errno) + remark);
        this.operation = operation;
        this.errno = errno;
        this.kernelText = kernelText;
    }

    /** An exception with a remark of our own instead of the kernel's text: what happened, or what to do. */
    public static NetlinkException remarked(String operation, int errno, String remark) {
        return new NetlinkException(operation, errno, "", "; " + remark);
    }

    public String operation() {
        return operation;
    }

    public int errno() {
        return errno;
    }

    public String kernelText() {
        return kernelText;
    }

    /** Whether the object exists already (EEXIST). */
    public boolean alreadyExists() {
        return errno == Errno.EEXIST;
    }

    /** Whether the object does not exist (ENOENT, ESRCH, ENODEV, ENXIO or EADDRNOTAVAIL). */
    public boolean notFound() {
        return errno == Errno.ENOENT
                || errno == Errno.ESRCH
                || errno == Errno.ENODEV
                || errno == Errno.ENXIO
                || errno == Errno.EADDRNOTAVAIL;
    }

    /** Whether the process lacks CAP_NET_ADMIN (EPERM or EACCES). */
    public boolean permissionDenied() {
        return errno == Errno.EPERM || errno == Errno.EACCES;
    }

    /** Whether this kernel lacks the feature or its module (EOPNOTSUPP, EPROTONOSUPPORT or EAFNOSUPPORT). */
    public boolean unsupported() {
        return errno == Errno.EOPNOTSUPP || errno == Errno.EPROTONOSUPPORT || errno == Errno.EAFNOSUPPORT;
    }
}
