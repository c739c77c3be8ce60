// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.core.model;

import dev.sluice.core.kernel.KernelObject;

/** The object that a problem or an Event is about. Prints as {@code Service shop/web}; sorted as printed. */
public sealed interface ObjectRef extends Comparable<ObjectRef> {

    /**
     * A resource of the cluster.
     *
     * @param namespace empty for a resource outside of namespaces
     */
    record Resource(ResourceKind kind, String namespace, String name) implements ObjectRef {
        @Override
        public String toString() {
            return kind.label() + " " + (namespace.isEmpty() ? name : namespace + "/" + name);
        }
    }

    /** A file or directory of manifests; prints as its path. */
    record ManifestPath(String path) implements ObjectRef {
        @Override
        public String toString() {
            return path;
        }
    }

    /** A file that the daemon keeps for itself; prints as its path. */
    record OwnFile(String path) implements ObjectRef {
        @Override
        public String toString() {
            return path;
        }
    }

    /** An object of the kernel. */
    record InKernel(KernelObject object) implements ObjectRef {
        @Override
        public String toString() {
            return object.toString();
        }
    }

    static Resource service(ServiceName name) {
        return new Resource(ResourceKind.SERVICE, name.namespace(), name.name());
    }

    static Resource endpointSlice(String namespace, String name) {
        return new Resource(ResourceKind.ENDPOINT_SLICE, namespace, name);
    }

    static Resource serviceCidr(String name) {
        return new Resource(ResourceKind.SERVICE_CIDR, "", name);
    }

    static Resource node(String name) {
        return new Resource(ResourceKind.NODE, "", name);
    }

    static ObjectRef manifest(String path) {
        return new ManifestPath(path);
    }

    static ObjectRef ownFile(String path) {
        return new OwnFile(path);
    }

    static ObjectRef kernel(KernelObject object) {
        return new InKernel(object);
    }

    @Override
    default int compareTo(ObjectRef other) {
        return toString().compareTo(other.toString());
    }
}
