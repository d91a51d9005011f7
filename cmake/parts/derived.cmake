
# --- generated from the backends and rules: TOOLCHAINKIT_UPDATE=1 cargo test --test suite derived --------------------------

# Sets these variables:
# clear_<tool>               variables of the environment that must not reach the tool
# keep                       variables of the environment that sccache's daemon inherits; a * at the end is any suffix
# contradicted_<setting>     credentials that sccache rejects together with this setting
# ccache_schemes             schemes of remote storages
# ccache_feature_<scheme>    the feature of ccache that the scheme needs
# options_<tool>_<compiler>  options that the launcher inserts before the arguments of the compiler
# credential_names           a regular expression for variables of the environment that are credentials (capital letters)
# other_names                variables that are none, although they match credential_names
# hidden_headers             a regular expression for headers whose values are credentials
# hidden_keys                the same for other keys
# shortest_secret            the length of the shortest value to search for in texts
# first_port, port_count     the ports for a daemon without a socket
# longest_socket_path        the maximum length of the path of a socket
# default_size_gb            the default of SIZE_GB
# largest_size_gb            the maximum of SIZE_GB
# minimum_protocol           the oldest protocol of toolchainkit-launch that the module can use
# minimum_rules              the oldest version of the rules that the module can use
macro(_toolchainkit_derived)
  set(clear_sccache
    SCCACHE_AZURE_BLOB_CONTAINER
    SCCACHE_AZURE_CONNECTION_STRING
    SCCACHE_AZURE_ENDPOINT
    SCCACHE_AZURE_KEY_PREFIX
    SCCACHE_AZURE_RW_MODE
    SCCACHE_AZURE_STORAGE_ACCOUNT
    SCCACHE_BASEDIRS
    SCCACHE_BUCKET
    SCCACHE_CACHE_SIZE
    SCCACHE_CONF
    SCCACHE_COS_BUCKET
    SCCACHE_COS_ENDPOINT
    SCCACHE_COS_KEY_PREFIX
    SCCACHE_COS_RW_MODE
    SCCACHE_DIR
    SCCACHE_ENDPOINT
    SCCACHE_GCS_BUCKET
    SCCACHE_GCS_CREDENTIALS_URL
    SCCACHE_GCS_KEY_PATH
    SCCACHE_GCS_KEY_PREFIX
    SCCACHE_GCS_OAUTH_URL
    SCCACHE_GCS_RW_MODE
    SCCACHE_GCS_SERVICE_ACCOUNT
    SCCACHE_GHA_ENABLED
    SCCACHE_GHA_RW_MODE
    SCCACHE_GHA_VERSION
    SCCACHE_LOCAL_RW_MODE
    SCCACHE_MEMCACHED
    SCCACHE_MEMCACHED_ENDPOINT
    SCCACHE_MEMCACHED_EXPIRATION
    SCCACHE_MEMCACHED_KEY_PREFIX
    SCCACHE_MEMCACHED_PASSWORD
    SCCACHE_MEMCACHED_RW_MODE
    SCCACHE_MEMCACHED_USERNAME
    SCCACHE_MULTILEVEL_CHAIN
    SCCACHE_MULTILEVEL_WRITE_ERROR_POLICY
    SCCACHE_OSS_BUCKET
    SCCACHE_OSS_ENDPOINT
    SCCACHE_OSS_KEY_PREFIX
    SCCACHE_OSS_NO_CREDENTIALS
    SCCACHE_OSS_RW_MODE
    SCCACHE_REDIS
    SCCACHE_REDIS_CLUSTER_ENDPOINTS
    SCCACHE_REDIS_DB
    SCCACHE_REDIS_ENDPOINT
    SCCACHE_REDIS_EXPIRATION
    SCCACHE_REDIS_KEY_PREFIX
    SCCACHE_REDIS_PASSWORD
    SCCACHE_REDIS_RW_MODE
    SCCACHE_REDIS_TTL
    SCCACHE_REDIS_USERNAME
    SCCACHE_REGION
    SCCACHE_S3_ENABLE_VIRTUAL_HOST_STYLE
    SCCACHE_S3_KEY_PREFIX
    SCCACHE_S3_NO_CREDENTIALS
    SCCACHE_S3_RW_MODE
    SCCACHE_S3_SERVER_SIDE_ENCRYPTION
    SCCACHE_S3_SERVER_SIDE_ENCRYPTION_AWS_KMS
    SCCACHE_S3_SERVER_SIDE_ENCRYPTION_KMS_KEY_ID
    SCCACHE_S3_USE_SSL
    SCCACHE_SERVER_PORT
    SCCACHE_SERVER_UDS
    SCCACHE_WEBDAV_DISABLE_CREATE_DIR
    SCCACHE_WEBDAV_ENDPOINT
    SCCACHE_WEBDAV_KEY_PREFIX
    SCCACHE_WEBDAV_PASSWORD
    SCCACHE_WEBDAV_RW_MODE
    SCCACHE_WEBDAV_TOKEN
    SCCACHE_WEBDAV_USERNAME)
  set(clear_ccache
    CCACHE_BASEDIR
    CCACHE_DIR
    CCACHE_MAXSIZE
    CCACHE_NOREMOTE_ONLY
    CCACHE_REMOTE_ONLY
    CCACHE_REMOTE_STORAGE
    CCACHE_SECONDARY_STORAGE)
  set(keep
    ACTIONS_*
    ALIBABA_*
    ALL_PROXY
    APPDATA
    AWS_*
    AZBLOB_*
    AZURE_*
    GCE_METADATA_HOST
    GITHUB_SERVER_URL
    GOOGLE_*
    HOME
    HTTPS_PROXY
    HTTP_PROXY
    LANG
    LC_*
    LOCALAPPDATA
    LOGNAME
    NO_PROXY
    OSS_*
    PATH
    RUST_BACKTRACE
    SCCACHE_ALLOW_CORE_DUMPS
    SCCACHE_CACHE_MULTIARCH
    SCCACHE_CACHE_ZSTD_LEVEL
    SCCACHE_DIRECT
    SCCACHE_DIST_CLIENT_CACHE_DIR
    SCCACHE_ERROR_LOG
    SCCACHE_IDLE_TIMEOUT
    SCCACHE_LOG
    SCCACHE_LOG_MILLIS
    SCCACHE_MAX_FRAME_LENGTH
    SCCACHE_SKIP_CACHE_CHECK
    SSL_CERT_DIR
    SSL_CERT_FILE
    SYSTEMROOT
    TEMP
    TENCENTCLOUD_*
    TKE_*
    TMP
    TMPDIR
    TZ
    USER
    USERNAME
    USERPROFILE
    XDG_*
    all_proxy
    http_proxy
    https_proxy
    no_proxy)
  set(contradicted_SCCACHE_S3_NO_CREDENTIALS
    AWS_ACCESS_KEY_ID
    AWS_SECRET_ACCESS_KEY
    AWS_SESSION_TOKEN
    AWS_WEB_IDENTITY_TOKEN_FILE)
  set(contradicted_SCCACHE_OSS_NO_CREDENTIALS
    ALIBABA_CLOUD_ACCESS_KEY_ID
    ALIBABA_CLOUD_ACCESS_KEY_SECRET
    ALIBABA_CLOUD_SECURITY_TOKEN)
  set(ccache_schemes
    file
    http
    https
    redis
    redis+unix
    rediss)
  set(ccache_feature_file file-storage)
  set(ccache_feature_http http-storage)
  set(ccache_feature_https https-storage)
  set(ccache_feature_redis redis-storage)
  set(ccache_feature_redis+unix redis+unix-storage)
  set(ccache_feature_rediss rediss-storage)
  set(options_sccache_gcc
    -fno-working-directory
    -fprofile-arcs
    -fno-profile-arcs)
  set(options_sccache_clang
    -fprofile-arcs
    -fno-profile-arcs)
  set(options_ccache_gcc)
  set(options_ccache_clang)
  set(credential_names
    "TOKEN|SECRET|PASSWORD|PASSWD|PASSPHRASE|CREDENTIAL|CONNECTION_STRING|APIKEY|ACCESS_KEY|(^|_)(KEY|AUTH|PASS|PAT|PW|SAS)(_(ID|BASE64|B64|PEM|JSON))*\$")
  set(other_names
    "(^|_)(FILE|PATH|DIR|PREFIX|TYPE|SOCK|NAME|URL|URI|ENDPOINT)\$")
  set(hidden_headers
    [Aa][Uu][Tt][Hh][Oo][Rr][Ii][Zz][Aa][Tt][Ii][Oo][Nn]
    [Pp][Rr][Oo][Xx][Yy][-_]?[Aa][Uu][Tt][Hh][Oo][Rr][Ii][Zz][Aa][Tt][Ii][Oo][Nn]
    [Xx][-_]?[Aa][Mm][Zz][-_]?[Ss][Ee][Cc][Uu][Rr][Ii][Tt][Yy][-_]?[Tt][Oo][Kk][Ee][Nn]
    [Xx][-_]?[Oo][Ss][Ss][-_]?[Ss][Ee][Cc][Uu][Rr][Ii][Tt][Yy][-_]?[Tt][Oo][Kk][Ee][Nn]
    [Xx][-_]?[Cc][Oo][Ss][-_]?[Ss][Ee][Cc][Uu][Rr][Ii][Tt][Yy][-_]?[Tt][Oo][Kk][Ee][Nn]
    [Xx][-_]?[Mm][Ss][-_]?[Ee][Nn][Cc][Rr][Yy][Pp][Tt][Ii][Oo][Nn][-_]?[Kk][Ee][Yy]
    [Xx][-_]?[Aa][Pp][Ii][-_]?[Kk][Ee][Yy]
    [Ss][Ee][Tt][-_]?[Cc][Oo][Oo][Kk][Ii][Ee]
    [Cc][Oo][Oo][Kk][Ii][Ee])
  set(hidden_keys
    [Ss][Hh][Aa][Rr][Ee][Dd][-_]?[Aa][Cc][Cc][Ee][Ss][Ss][-_]?[Ss][Ii][Gg][Nn][Aa][Tt][Uu][Rr][Ee]
    [Cc][Oo][Nn][Nn][Ee][Cc][Tt][Ii][Oo][Nn][-_]?[Ss][Tt][Rr][Ii][Nn][Gg]
    [Pp][Aa][Ss][Ss][Ww][Oo][Rr][Dd]
    [Pp][Aa][Ss][Ss][Ww][Dd]
    [Pp][Ww][Dd]
    [Pp][Aa][Ss][Ss][Pp][Hh][Rr][Aa][Ss][Ee]
    [Ss][Ee][Cc][Rr][Ee][Tt]
    [Tt][Oo][Kk][Ee][Nn]
    [Aa][Cc][Cc][Ee][Ss][Ss][-_]?[Kk][Ee][Yy][-_]?[Ii][Dd]
    [Aa][Cc][Cc][Ee][Ss][Ss][-_]?[Kk][Ee][Yy]
    [Aa][Cc][Cc][Oo][Uu][Nn][Tt][-_]?[Kk][Ee][Yy]
    [Aa][Pp][Ii][-_]?[Kk][Ee][Yy]
    [Pp][Rr][Ii][Vv][Aa][Tt][Ee][-_]?[Kk][Ee][Yy]
    [Ss][Ee][Cc][Rr][Ee][Tt][-_]?[Kk][Ee][Yy]
    [Ss][Hh][Aa][Rr][Ee][Dd][-_]?[Kk][Ee][Yy]
    [Ss][Ii][Gg][Nn][Aa][Tt][Uu][Rr][Ee]
    [Ss][Ii][Gg]
    [Cc][Rr][Ee][Dd][Ee][Nn][Tt][Ii][Aa][Ll][Ss]
    [Cc][Rr][Ee][Dd][Ee][Nn][Tt][Ii][Aa][Ll])
  set(shortest_secret 6)
  set(first_port 20000)
  set(port_count 12000)
  set(longest_socket_path 100)
  set(default_size_gb 10)
  set(largest_size_gb 1000000)
  set(minimum_protocol 1)
  set(minimum_rules 7)
  list(JOIN hidden_headers "|" hidden_headers)
  list(JOIN hidden_keys "|" hidden_keys)
endmacro()
