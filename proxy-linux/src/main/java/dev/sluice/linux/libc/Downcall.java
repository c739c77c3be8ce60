// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.linux.libc;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.VarHandle;
import java.lang.ref.Reference;
import java.nio.ByteBuffer;

/** Looks up C functions, and captures the errno of each call. */
final class Downcall {
    private static final Linker LINKER = Linker.nativeLinker();
    private static final Linker.Option ERRNO_CAPTURE = Linker.Option.captureCallState("errno");
    private static final StructLayout CAPTURE = Linker.Option.captureStateLayout();
    private static final VarHandle ERRNO = CAPTURE.varHandle(MemoryLayout.PathElement.groupElement("errno"));

    /**
     * The shape of every function that takes whole numbers and pointers, at most five, and returns one: they travel in
     * whole registers, in x86_64 and aarch64, where an {@code int} is the lower half and a function does not look at
     * registers beyond its arguments. Each further shape has the JVM generate and compile a dozen classes.
     */
    private static final MethodHandle SHARED = LINKER.downcallHandle(
            FunctionDescriptor.of(JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG), ERRNO_CAPTURE);

    private Downcall() {}

    /** A function for {@link #call}. */
    static MemorySegment function(String name) {
        return LINKER.defaultLookup().findOrThrow(name);
    }

    /** Calls a function of up to five whole numbers and pointers; the lower half of an {@code int} result counts. */
    static long call(MemorySegment function, MemorySegment errno, long a, long b, long c, long d, long e)
            throws Throwable {
        return (long) SHARED.invokeExact(function, errno, a, b, c, d, e);
    }

    static long call(MemorySegment function, MemorySegment errno, long a, long b, long c) throws Throwable {
        return call(function, errno, a, b, c, 0, 0);
    }

    /** Where a direct buffer's bytes begin; for use within {@link #invoke}, whose call keeps the buffer alive. */
    static long pointer(ByteBuffer buffer) {
        MemorySegment bytes = MemorySegment.ofBuffer(buffer);
        if (!bytes.isNative()) {
            throw new IllegalArgumentException("a buffer on the heap, whose bytes can move");
        }
        return bytes.address();
    }

    /** An {@code int f(...)}. */
    static MethodHandle ofInt(String name, MemoryLayout... arguments) {
        return link(name, FunctionDescriptor.of(JAVA_INT, arguments), ERRNO_CAPTURE);
    }

    /** An {@code ssize_t f(...)}. */
    static MethodHandle ofLong(String name, MemoryLayout... arguments) {
        return link(name, FunctionDescriptor.of(JAVA_LONG, arguments), ERRNO_CAPTURE);
    }

    /** {@code int fcntl(int, int, ...)} with a whole number. */
    static MethodHandle ofFcntl() {
        FunctionDescriptor descriptor = FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT);
        return link("fcntl", descriptor, ERRNO_CAPTURE, Linker.Option.firstVariadicArg(2));
    }

    private static MethodHandle link(String name, FunctionDescriptor descriptor, Linker.Option... options) {
        MemorySegment address = LINKER.defaultLookup().findOrThrow(name);
        return LINKER.downcallHandle(address, descriptor, options);
    }

    /** Invokes {@code call}: its result, or the negative errno when that is -1. */
    static int invoke(Call call) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment errno = errno(arena);
            return orErrno(call.invoke(arena, errno), errno);
        } catch (Throwable thrown) {
            throw rethrown(thrown);
        } finally {
            Reference.reachabilityFence(call);
        }
    }

    /** A call of a function. */
    @FunctionalInterface
    interface Call {
        /**
         * @param arena for memory that the call needs
         * @param errno captures the call's errno
         */
        long invoke(Arena arena, MemorySegment errno) throws Throwable;
    }

    /** Room for the errno of one call. */
    static MemorySegment errno(Arena arena) {
        return arena.allocate(CAPTURE);
    }

    /** {@code result}, or the negative errno when it is -1. */
    static int orErrno(long result, MemorySegment errno) {
        return result == -1 ? -(int) ERRNO.get(errno, 0L) : (int) result;
    }

    /** Rethrows what a method handle threw; C functions throw nothing. */
    static RuntimeException rethrown(Throwable thrown) {
        switch (thrown) {
            case RuntimeException exception -> throw exception;
            case Error error -> throw error;
            default -> throw new IllegalStateException("a C function threw", thrown);
        }
    }
}
