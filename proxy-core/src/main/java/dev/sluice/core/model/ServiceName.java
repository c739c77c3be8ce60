// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.core.model;

/** The namespaced name of a Service; prints as {@code namespace/name}. */
public record ServiceName(String namespace, String name) implements Comparable<ServiceName> {

    @Override
    public int compareTo(ServiceName other) {
        int byNamespace = namespace.compareTo(other.namespace);
        return byNamespace != 0 ? byNamespace : name.compareTo(other.name);
    }

    /** Names are keys of large maps, and the method that a record gets takes several times as long. */
    @Override
    public int hashCode() {
        return namespace.hashCode() * 31 + name.hashCode();
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof ServiceName that && name.equals(that.name) && namespace.equals(that.namespace);
    }

    @Override
    public String toString() {
        return namespace + "/" + name;
    }
}
