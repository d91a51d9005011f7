# Variables that choose a storage: those of the environment must not reach the tool.
tk_clear() {
  unset CCACHE_DIR CCACHE_MAXSIZE CCACHE_REMOTE_STORAGE CCACHE_SECONDARY_STORAGE CCACHE_REMOTE_ONLY \
    CCACHE_NOREMOTE_ONLY CCACHE_BASEDIR
}
